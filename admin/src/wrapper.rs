//! What makes and opens master keys: a key file or a KMS key.

use std::path::PathBuf;

use operations::key::Wrapper;
use shared::aws::Connection;
use shared::keys::KeyFile;
use shared::kms::Kms;

use crate::error::AdminError;
use crate::global::Global;

const NEEDED: &str =
    "this needs a key file or a KMS key: use --key-file, STS_KEY_FILE, --kms-key or STS_KMS_KEY";

const EXCLUSIVE: &str = "a key file (--key-file, STS_KEY_FILE) and a KMS key (--kms-key, STS_KMS_KEY) exclude each other";

/// What the operator named, which is looked at only by commands that need keys.
#[derive(Debug)]
pub(crate) struct Wrapping {
    key_file: Option<PathBuf>,
    kms_key: Option<String>,
    kms: Connection,
}

impl Wrapping {
    /// What the command line and the environment say.
    pub(crate) fn new(global: &Global, connection: &Connection) -> Self {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let key_file = global.key_file.clone();
        Self {
            key_file: key_file.filter(|p| !p.as_os_str().is_empty()),
            kms_key: given(&global.kms_key),
            kms: connection.at(given(&global.kms_endpoint_url)),
        }
    }

    /// The one wrapper that was named, for the keys of `table`.
    pub(crate) fn wrapper(&self, table: &str) -> Result<Wrapper, AdminError> {
        match (self.key_file.as_deref(), self.kms_key.as_deref()) {
            (Some(path), None) => Ok(Wrapper::new(KeyFile::read(path)?, table)),
            (None, Some(key)) => Ok(Wrapper::new(Kms::new(&self.kms, key), table)),
            (None, None) => Err(AdminError::Usage(NEEDED.to_owned())),
            (Some(_), Some(_)) => Err(AdminError::Usage(EXCLUSIVE.to_owned())),
        }
    }
}
