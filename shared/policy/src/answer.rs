//! Three answers to one question, as in Kleene's logic of truth, falsehood and ignorance.

/// Whether something about a request holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// It depends on a condition key whose value cannot be known here.
    Unknown,
}

impl Answer {
    /// Whether all hold; looks no further than the first that fails.
    pub(super) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Holds;
        for answer in answers {
            match answer {
                Self::Holds => {}
                Self::Fails => return Self::Fails,
                Self::Unknown => all = Self::Unknown,
            }
        }
        all
    }

    /// Whether one holds; looks no further than the first that does.
    pub(super) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        !Self::all(answers.into_iter().map(|answer| !answer))
    }

    pub(super) const fn holds(self) -> bool {
        matches!(self, Self::Holds)
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

impl std::ops::Not for Answer {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Unknown => Self::Unknown,
        }
    }
}
