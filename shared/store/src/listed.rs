//! What a list found.

use super::{CorruptItem, StoreError};

/// What a list found.
#[derive(Debug)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// What could not be read.
    pub corrupt: Vec<CorruptItem>,
}

impl<T> Listed<T> {
    /// The items, if all could be read: for who must not miss one.
    pub fn complete(self) -> Result<Vec<T>, StoreError> {
        match self.corrupt.into_iter().next() {
            Some(corrupt) => Err(StoreError::Corrupt(corrupt)),
            None => Ok(self.items),
        }
    }
}
