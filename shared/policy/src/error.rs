//! What is wrong with a policy document, and where.

/// A policy document is not valid.
///
/// The text goes behind the code `MalformedPolicyDocument`. It names the place and holds no more
/// of the document than the (shortened) names of elements on the way there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The document is empty or too long; lengths are in characters.
    #[error("the policy document must have 1 to {max} characters")]
    Length {
        /// The longest document of this kind.
        max: usize,
    },
    /// A character outside of the set that AWS allows in a session policy.
    #[error("character not allowed in a policy document at line {line}, column {column}")]
    Character {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// The document is not JSON, is nested too deeply or names a member twice.
    #[error("syntax error at line {line}, column {column}: {reason}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// What the parser expected or refused.
        reason: String,
    },
    /// The document is JSON, but an element of it is not valid.
    #[error("{place}: {reason}")]
    Element {
        /// A path such as `Statement[0].Condition.StringEquals`.
        place: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}
