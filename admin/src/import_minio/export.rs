//! The form of an export: maps of JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::archive::{self, Archive, ArchiveError};

/// What an export says, by names.
pub(super) struct Export {
    pub(super) policies: BTreeMap<String, Box<RawValue>>,
    pub(super) users: BTreeMap<String, UserEntry>,
    pub(super) groups: BTreeMap<String, GroupEntry>,
    pub(super) user_mappings: BTreeMap<String, MappingEntry>,
    pub(super) group_mappings: BTreeMap<String, MappingEntry>,
    pub(super) sts_user_mappings: BTreeMap<String, MappingEntry>,
    pub(super) service_accounts: BTreeMap<String, ServiceAccountEntry>,
    /// Entries of the archive that are not understood.
    pub(super) unknown: Vec<String>,
}

/// A user; the name is the access key.
#[derive(Deserialize)]
pub(super) struct UserEntry {
    #[serde(rename = "secretKey")]
    pub(super) secret: String,
    pub(super) status: String,
    /// Members that are not understood.
    #[serde(flatten, deserialize_with = "names")]
    pub(super) others: Vec<String>,
}

/// A group of users.
#[derive(Deserialize)]
pub(super) struct GroupEntry {
    pub(super) status: String,
    /// Access keys.
    #[serde(default)]
    pub(super) members: Option<Vec<String>>,
}

/// The policies of a user or a group.
#[derive(Deserialize)]
pub(super) struct MappingEntry {
    /// Names, separated by commas.
    pub(super) policy: String,
}

/// A service account, of which only the owner is of interest.
#[derive(Deserialize)]
pub(super) struct ServiceAccountEntry {
    #[serde(default)]
    pub(super) parent: String,
}

impl Export {
    /// Parses all entries; those that are missing say nothing.
    pub(super) fn parse(archive: &Archive) -> Result<Self, ArchiveError> {
        Ok(Self {
            policies: entry(archive, archive::POLICIES)?,
            users: entry(archive, archive::USERS)?,
            groups: entry(archive, archive::GROUPS)?,
            user_mappings: entry(archive, archive::USER_MAPPINGS)?,
            group_mappings: entry(archive, archive::GROUP_MAPPINGS)?,
            sts_user_mappings: entry(archive, archive::STS_USER_MAPPINGS)?,
            service_accounts: entry(archive, archive::SERVICE_ACCOUNTS)?,
            unknown: archive.unknown.clone(),
        })
    }
}

/// The members of a JSON object in their order, with those that are there twice.
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
    type Value = Members<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let Members(members) = Members::<IgnoredAny>::deserialize(deserializer)?;
    Ok(members.into_iter().map(|(name, _)| name).collect())
}

fn entry<T: DeserializeOwned>(
    archive: &Archive,
    entry: &'static str,
) -> Result<BTreeMap<String, T>, ArchiveError> {
    let mut items = BTreeMap::new();
    let Some(text) = archive.text(entry) else {
        return Ok(items);
    };
    let members: Option<Members<T>> =
        serde_json::from_str(text).map_err(|error| ArchiveError::Json {
            entry,
            line: error.line(),
            column: error.column(),
            reason: reason(error.classify()),
        })?;
    for (name, item) in members.map(|members| members.0).unwrap_or_default() {
        if items.contains_key(&name) {
            return Err(ArchiveError::DuplicateName { entry, name });
        }
        items.insert(name, item);
    }
    Ok(items)
}

/// What is wrong, in words that repeat nothing.
const fn reason(category: Category) -> &'static str {
    match category {
        Category::Io | Category::Syntax => "this is not JSON",
        Category::Data => "this is not what an export has here",
        Category::Eof => "the entry ends too early",
    }
}
