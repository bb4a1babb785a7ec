//! What the store could not do.

/// An item lacks an attribute, or one has an impossible value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("item {item} has no usable attribute {attribute}")]
pub struct CorruptItem {
    /// The item's key.
    pub item: String,
    /// The attribute's name.
    pub attribute: &'static str,
}

/// The store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was there first.
    #[error("the item exists already or was changed meanwhile")]
    Conflict,
    /// An item cannot be read.
    #[error(transparent)]
    Corrupt(CorruptItem),
    /// Too many requests for the table's capacity.
    #[error("the table is throttled")]
    Throttled,
    /// The store cannot be reached, or failed.
    #[error("the table cannot be used")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
