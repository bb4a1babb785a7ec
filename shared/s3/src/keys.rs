//! The condition keys of each action, by the Service Authorization Reference, "Actions, resources,
//! and condition keys for Amazon S3". All names are in lower case.

use policy::{Keys, is_among};

use super::table;

/// Keys that can be known of a request for some action, in a guard that sees the body and can
/// look tags up. A request for another action does not have them.
pub const KEYS: Keys = &[
    "s3:authtype",
    "s3:delimiter",
    "s3:existingobjecttag/",
    "s3:if-match",
    "s3:if-none-match",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-retain-until-date",
    "s3:objectcreationoperation",
    "s3:prefix",
    "s3:requestobjecttag/",
    "s3:requestobjecttagkeys",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:versionid",
    "s3:x-amz-acl",
    "s3:x-amz-content-sha256",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-object-ownership",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
];

const EVERY: Keys = &[
    "s3:authtype",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:x-amz-content-sha256",
];

pub(super) const DELIMITER: &str = "s3:delimiter";
pub(super) const MAX_KEYS: &str = "s3:max-keys";
pub(super) const PREFIX: &str = "s3:prefix";

const LISTING: Keys = &[DELIMITER, MAX_KEYS, PREFIX];

pub(super) const VERSION_ID: &str = "s3:versionid";

const VERSION: Keys = &[VERSION_ID];

/// What the keys of tags that an object has begin with, in lower case.
pub(super) const EXISTING_TAG: &str = "s3:existingobjecttag/";

/// The tags that an object has.
pub const EXISTING_TAGS: Keys = &[EXISTING_TAG];

pub(super) const LOCATION: &str = "s3:locationconstraint";
pub(super) const REQUEST_TAG: &str = "s3:requestobjecttag/";
pub(super) const REQUEST_TAG_KEYS: &str = "s3:requestobjecttagkeys";

/// The tags that a request sets.
pub const REQUEST_TAGS: Keys = &[REQUEST_TAG, REQUEST_TAG_KEYS];

const GRANTS: Keys = &[
    "s3:x-amz-acl",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
];

const BUCKET: Keys = &[LOCATION, "s3:x-amz-object-ownership"];

const STORAGE_CLASS: Keys = &["s3:x-amz-storage-class"];

const OBJECT: Keys = &[
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-website-redirect-location",
];

pub(super) const LOCK_MODE: &str = "s3:object-lock-mode";
pub(super) const LOCK_UNTIL: &str = "s3:object-lock-retain-until-date";
pub(super) const LOCK_DAYS: &str = "s3:object-lock-remaining-retention-days";

pub(super) const RETENTION: Keys = &[LOCK_MODE, LOCK_UNTIL, LOCK_DAYS];

pub(super) const LEGAL_HOLD: &str = "s3:object-lock-legal-hold";

const LEGAL_HOLDS: Keys = &[LEGAL_HOLD];

const PRECONDITIONS: Keys = &["s3:if-match", "s3:if-none-match"];

pub(super) const CREATION: &str = "s3:objectcreationoperation";

/// Actions, with the keys that their requests have besides those of all.
const ACTIONS: [(&str, &[Keys]); 22] = [
    (
        "s3:BypassGovernanceRetention",
        &[
            REQUEST_TAGS,
            GRANTS,
            OBJECT,
            STORAGE_CLASS,
            RETENTION,
            LEGAL_HOLDS,
        ],
    ),
    ("s3:CreateBucket", &[GRANTS, BUCKET]),
    ("s3:DeleteObjectTagging", &[EXISTING_TAGS]),
    ("s3:DeleteObjectVersion", &[VERSION]),
    ("s3:DeleteObjectVersionTagging", &[EXISTING_TAGS, VERSION]),
    ("s3:GetObject", &[EXISTING_TAGS, PRECONDITIONS]),
    ("s3:GetObjectAcl", &[EXISTING_TAGS]),
    ("s3:GetObjectAttributes", &[EXISTING_TAGS]),
    ("s3:GetObjectTagging", &[EXISTING_TAGS]),
    ("s3:GetObjectVersion", &[EXISTING_TAGS, VERSION]),
    ("s3:GetObjectVersionAcl", &[EXISTING_TAGS, VERSION]),
    ("s3:GetObjectVersionAttributes", &[EXISTING_TAGS, VERSION]),
    ("s3:GetObjectVersionTagging", &[EXISTING_TAGS, VERSION]),
    ("s3:GetObjectVersionTorrent", &[VERSION]),
    ("s3:ListBucket", &[LISTING]),
    ("s3:ListBucketVersions", &[LISTING]),
    ("s3:PutBucketAcl", &[GRANTS]),
    (
        "s3:PutObject",
        &[
            REQUEST_TAGS,
            GRANTS,
            OBJECT,
            STORAGE_CLASS,
            RETENTION,
            LEGAL_HOLDS,
            PRECONDITIONS,
            &[CREATION],
        ],
    ),
    ("s3:PutObjectAcl", &[EXISTING_TAGS, GRANTS, STORAGE_CLASS]),
    ("s3:PutObjectLegalHold", &[LEGAL_HOLDS]),
    ("s3:PutObjectRetention", &[RETENTION]),
    ("s3:PutObjectTagging", &[EXISTING_TAGS, REQUEST_TAGS]),
];

/// Actions on versions, with the same.
const VERSION_ACTIONS: [(&str, &[Keys]); 2] = [
    (
        "s3:PutObjectVersionAcl",
        &[EXISTING_TAGS, GRANTS, STORAGE_CLASS, VERSION],
    ),
    (
        "s3:PutObjectVersionTagging",
        &[EXISTING_TAGS, REQUEST_TAGS, VERSION],
    ),
];

/// What an action may have that is not known here.
const ANY: &[Keys] = &[KEYS];

/// The keys of requests for one action. Other keys of S3 they do not have, see [`KEYS`].
#[derive(Debug, Clone, Copy)]
pub(super) struct OfAction(&'static [Keys]);

impl OfAction {
    /// The keys of an action, which is compared without regard to case, as policies do.
    pub(super) fn new(action: &str) -> Self {
        let mut rows = ACTIONS.iter().chain(&VERSION_ACTIONS);
        let row = rows.find(|(name, _)| name.eq_ignore_ascii_case(action));
        match row {
            Some((_, keys)) => Self(keys),
            None if table::has_action(action) => Self(&[]),
            None => Self(ANY),
        }
    }

    /// Whether a key in lower case is among them.
    pub(super) fn have(self, key: &str) -> bool {
        self.all().any(|keys| is_among(key, keys))
    }

    fn all(self) -> impl Iterator<Item = Keys> {
        std::iter::once(EVERY).chain(self.0.iter().copied())
    }
}

/// The actions whose requests have a key in lower case; none if all have it, or if no request
/// for an object store does.
pub fn actions_with(key: &str) -> impl Iterator<Item = &'static str> {
    let rows = ACTIONS.iter().chain(&VERSION_ACTIONS);
    let having = rows.filter(move |(_, keys)| keys.iter().any(|keys| is_among(key, keys)));
    having.map(|(name, _)| *name)
}

/// Whether a guard can know the value of a key in lower case, or that it has none, of a request
/// for some action.
pub(super) fn supplies(key: &str) -> bool {
    is_among(key, KEYS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One action a line, with the keys of the Service Authorization Reference.
    const REFERENCE: &str = include_str!("../testdata/s3-condition-keys.txt");

    /// Of the reference's keys those that no guard can know: there are no access points, grants
    /// and accounts, and other bodies are not read.
    const NEVER: [&str; 8] = [
        "s3:accessgrantsinstancearn",
        "s3:accesspointnetworkorigin",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:inventoryaccessibleoptionalfields",
        "s3:isreplicationpauserequest",
        "s3:resourceaccount",
        "s3:tlsversion",
    ];

    /// Keys that the reference names for a line, in lower case, groups resolved.
    fn of_line(line: &str) -> BTreeSet<String> {
        let group = |name: &str| {
            let mut lines = REFERENCE.lines().filter_map(|l| l.strip_prefix("# "));
            lines.find_map(|l| {
                l.strip_prefix(&format!("{name} s3:"))
                    .map(|l| format!("s3:{l}"))
            })
        };
        let text = format!("{line} {}", group("EVERY").unwrap());
        let text = text.replace(" ACCESS", &format!(" {}", group("ACCESS").unwrap()));
        let keys = text.split(' ').skip(1);
        keys.map(|key| key.replace("<key>", "").to_lowercase())
            .collect()
    }

    #[test]
    fn each_action_has_the_keys_of_the_reference_and_no_other() {
        let lines: Vec<&str> = REFERENCE.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(lines.len(), 77);
        for line in lines {
            let action = line.split(' ').next().unwrap();
            let ours = OfAction::new(action).all().flat_map(|keys| keys.iter());
            let mut ours: BTreeSet<String> = ours.map(|key| (*key).to_owned()).collect();
            let reference = of_line(line);
            let never = reference.iter().filter(|key| NEVER.contains(&key.as_str()));
            ours.extend(never.cloned());
            assert_eq!(ours, reference, "{action}");
        }
    }

    #[test]
    fn an_action_that_is_not_known_may_have_any_key() {
        for action in ["s3:ReplicateObject", "s3:GetObjekt", "s3:"] {
            assert!(KEYS.iter().all(|key| OfAction::new(action).have(key)));
        }
        assert!(!OfAction::new("S3:RESTOREOBJECT").have("s3:versionid"));
    }

    #[test]
    fn the_keys_of_all_actions_are_those_that_are_supplied() {
        let lines = REFERENCE.lines().filter(|line| !line.starts_with('#'));
        let all: BTreeSet<String> = lines.flat_map(of_line).collect();
        let known = all.iter().filter(|key| !NEVER.contains(&key.as_str()));
        let known: Vec<&str> = known.map(String::as_str).collect();
        assert_eq!(known, KEYS);
        for key in NEVER {
            assert!(!supplies(key), "{key}");
        }
    }
}
