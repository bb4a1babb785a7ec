//! Whether something may be used.

/// Whether a user, group or provider may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Enabled,
    /// Kept, but refused everywhere.
    Disabled,
}

impl Status {
    /// The status's name in the table and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The status of what is enabled, or is not.
    pub const fn of_enabled(enabled: bool) -> Self {
        if enabled {
            Self::Enabled
        } else {
            Self::Disabled
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}
