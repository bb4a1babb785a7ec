//! Which keys a store tells apart.

use s3::{Operation, OperationError};

/// How the store behind the guard names what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStyle {
    /// Every key is a name of its own, as in Amazon S3.
    Exact,
    /// Keys become paths of a case-sensitive file system, where `a`, `/a` and `a/` are the
    /// same: a policy about one of them would miss the others. Keys with empty segments are
    /// refused, and prefixes that begin with a slash.
    FilePaths,
}

impl KeyStyle {
    /// Refuses an operation on a name that the store does not tell from others.
    pub(crate) fn check(self, operation: &Operation) -> Result<(), OperationError> {
        if self == Self::Exact {
            return Ok(());
        }
        let source = operation.source.as_ref().map(|source| source.key.as_str());
        let mut keys = operation.key.as_deref().into_iter().chain(source);
        let has_alias = keys.any(|key| key.split('/').any(str::is_empty));
        let mut prefix = operation.prefix.iter();
        if has_alias || prefix.any(|prefix| prefix.starts_with('/')) {
            return Err(OperationError::Ambiguous);
        }
        Ok(())
    }
}
