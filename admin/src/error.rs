//! What can go wrong, in one line each.

use std::error::Error;
use std::path::PathBuf;

use aws_credential_types::provider::error::CredentialsError;
use shared::keys::KeyFileError;
use shared::permissions::PermissionError;
use shared::random::RandomError;
use shared::store::StoreError;

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    /// An archive cannot be imported.
    #[error("{file}")]
    Archive {
        file: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nobody says who is asking.
    #[error("there are no AWS credentials")]
    Credentials(#[source] CredentialsError),
    /// A declaration is wrong.
    #[error("{file}: line {line}: {reason}")]
    File {
        file: String,
        line: u64,
        reason: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The key file is unusable.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// CloudWatch Logs does not hand out lines.
    #[cfg(feature = "stack")]
    #[error("the log lines of {name} cannot be had: {reason}")]
    Logs { name: String, reason: String },
    /// An operation was not carried out.
    #[error(transparent)]
    Operation(#[from] operations::Error),
    /// Somebody's policies cannot be had.
    #[error(transparent)]
    Permission(#[from] PermissionError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// This command was built for tables that options name.
    #[cfg(not(feature = "stack"))]
    #[error(
        "this sts-admin reads no stacks, such as {0:?}: build one that does with `cargo build --bin sts-admin`"
    )]
    NoStacks(String),
    /// It would do harm, or makes no sense.
    #[error("{0}")]
    Refused(String),
    /// The stack cannot be read.
    #[cfg(feature = "stack")]
    #[error("stack {name} cannot be read: {reason}")]
    Stack { name: String, reason: String },
    /// The table cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The command line lacks something.
    #[error("{0}")]
    Usage(String),
}

impl AdminError {
    /// The exit code: 2 for a command line that cannot be carried out, else 1.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// The error with its causes, on one line.
    pub(crate) fn line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !line.ends_with(&text) {
                line = format!("{line}: {text}");
            }
            cause = error.source();
        }
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_on_the_same_line_once() {
        let io = || std::io::Error::other("no such\nfile");
        let error = AdminError::Io {
            path: "a/b".into(),
            source: io(),
        };
        assert_eq!(error.line(), "a/b cannot be read: no such file");
        let error = AdminError::KeyFile(KeyFileError::Unreadable(io()));
        assert_eq!(error.line(), "the key file cannot be read: no such file");
    }
}
