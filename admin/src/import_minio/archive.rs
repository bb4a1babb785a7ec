//! The archive: the entries that an export has, as texts.
//!
//! Nothing of it is written to disk, and nothing that it says about itself is believed: neither
//! sizes nor names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::result::ZipError;

/// The only folder of an export.
const FOLDER: &str = "iam-assets/";

/// The names of the entries that are understood, without the folder.
pub(super) const POLICIES: &str = "policies.json";
pub(super) const USERS: &str = "users.json";
pub(super) const GROUPS: &str = "groups.json";
pub(super) const USER_MAPPINGS: &str = "user_mappings.json";
pub(super) const GROUP_MAPPINGS: &str = "group_mappings.json";
pub(super) const STS_USER_MAPPINGS: &str = "stsuser_mappings.json";
pub(super) const SERVICE_ACCOUNTS: &str = "svcaccts.json";

const KNOWN: [&str; 7] = [
    POLICIES,
    USERS,
    GROUPS,
    USER_MAPPINGS,
    GROUP_MAPPINGS,
    STS_USER_MAPPINGS,
    SERVICE_ACCOUNTS,
];

/// The largest archive, in MiB.
const MAX_ARCHIVE: u64 = 16;

/// The largest entry, unpacked, in MiB: room for 100,000 users.
const MAX_ENTRY: u64 = 16;

/// The most entries; an export has seven.
const MAX_ENTRIES: usize = 64;

/// An archive is not one that can be imported.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    /// Too many bytes.
    #[error("the archive has more than {MAX_ARCHIVE} MiB")]
    ArchiveSize,
    /// Two entries have one name.
    #[error("two entries have the same name")]
    DuplicateEntries,
    /// Two members of an entry have one name.
    #[error("{FOLDER}{entry}: {name:?} is there twice")]
    DuplicateName {
        /// Without the folder.
        entry: &'static str,
        /// The member.
        name: String,
    },
    /// An entry cannot be unpacked.
    #[error("{FOLDER}{0} cannot be unpacked")]
    Entry(&'static str, #[source] ZipError),
    /// Too many bytes, unpacked.
    #[error("{FOLDER}{0} has more than {MAX_ENTRY} MiB")]
    EntrySize(&'static str),
    /// Nothing to import.
    #[error("none of its entries is one of an IAM export")]
    Foreign,
    /// An entry is not JSON, or not of the form of an export. Says nothing of what is there: it
    /// may be a secret.
    #[error("{FOLDER}{entry}: line {line}, column {column}: {reason}")]
    Json {
        /// Without the folder.
        entry: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// An entry would be outside of its folder if it were unpacked.
    #[error("entry {0:?} leads out of the archive")]
    Path(String),
    /// The file cannot be read.
    #[error("the archive cannot be read")]
    Read(#[source] io::Error),
    /// Too many entries.
    #[error("the archive has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// Not an archive.
    #[error("this is no zip archive")]
    Zip(#[from] ZipError),
}

/// The texts of the known entries, and the names of the others.
pub(super) struct Archive {
    texts: BTreeMap<&'static str, Zeroizing<String>>,
    /// The entries that are not understood, with their folders.
    pub(super) unknown: Vec<String>,
}

impl Archive {
    /// Reads the file's known entries.
    pub(super) fn read(path: &Path) -> Result<Self, ArchiveError> {
        let bytes = File::open(path).and_then(|file| bounded(file, MAX_ARCHIVE));
        let bytes = bytes.map_err(ArchiveError::Read)?;
        let bytes = bytes.ok_or(ArchiveError::ArchiveSize)?;
        let mut zip = ZipArchive::new(Cursor::new(bytes.as_slice()))?;
        if zip.has_duplicate_names() {
            return Err(ArchiveError::DuplicateEntries);
        }
        if zip.len() > MAX_ENTRIES {
            return Err(ArchiveError::TooManyEntries);
        }
        let mut archive = Self {
            texts: BTreeMap::new(),
            unknown: Vec::new(),
        };
        for index in 0..zip.len() {
            archive.take(&mut zip, index)?;
        }
        if archive.texts.is_empty() {
            return Err(ArchiveError::Foreign);
        }
        Ok(archive)
    }

    /// The text of a known entry.
    pub(super) fn text(&self, entry: &'static str) -> Option<&str> {
        self.texts.get(entry).map(|text| text.as_str())
    }

    fn take(
        &mut self,
        zip: &mut ZipArchive<Cursor<&[u8]>>,
        index: usize,
    ) -> Result<(), ArchiveError> {
        let name = zip.name_for_index(index).transpose()?.unwrap_or_default();
        if !stays_inside(&name) {
            return Err(ArchiveError::Path(name.into_owned()));
        }
        let known = KNOWN
            .into_iter()
            .find(|known| name.strip_prefix(FOLDER) == Some(known));
        match known {
            Some(entry) => {
                self.texts.insert(entry, unpacked(zip, index, entry)?);
            }
            None if name == FOLDER => {}
            None => self.unknown.push(name.into_owned()),
        }
        Ok(())
    }
}

fn unpacked(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    entry: &'static str,
) -> Result<Zeroizing<String>, ArchiveError> {
    let failed = |error| ArchiveError::Entry(entry, error);
    let packed = zip.by_index(index).map_err(failed)?;
    let bytes = bounded(packed, MAX_ENTRY).map_err(|error| failed(error.into()))?;
    let bytes = bytes.ok_or(ArchiveError::EntrySize(entry))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned().into()),
        Err(_) => Err(failed(ZipError::InvalidArchive("not UTF-8".into()))),
    }
}

/// Whatever there is to read; `None` if it is more than that many MiB.
fn bounded(reader: impl Read, mebibytes: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let max = mebibytes << 20;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = reader.take(max + 1).read_to_end(&mut bytes)?;
    Ok(u64::try_from(read)
        .is_ok_and(|read| read <= max)
        .then_some(bytes))
}

/// Whether the name is a plain path below where the archive would be unpacked.
fn stays_inside(name: &str) -> bool {
    let folders = name.strip_suffix('/').unwrap_or(name);
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    folders.split('/').all(plain) && !name.contains(|c: char| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_told() {
        for name in [
            "",
            "/iam-assets/users.json",
            "../iam-assets/users.json",
            "iam-assets/../users.json",
            "iam-assets/./users.json",
            "iam-assets//users.json",
            "iam-assets\\users.json",
            "iam-assets/users.json\0",
        ] {
            assert!(!stays_inside(name), "{name:?}");
        }
        for name in ["iam-assets/", "iam-assets/users.json", "a/b..c/.d"] {
            assert!(stays_inside(name), "{name:?}");
        }
    }
}
