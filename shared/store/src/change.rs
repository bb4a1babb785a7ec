//! Changes to items, attribute by attribute, so that two operators at once do not undo each
//! other's work.

/// What becomes of an optional attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets this value.
    Set(T),
    /// It goes.
    Remove,
}

/// The attribute as it shall be.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Remove, Self::Set)
    }
}
