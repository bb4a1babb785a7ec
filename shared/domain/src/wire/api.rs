//! A query API as a value.

/// What tells one query API from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// The value of `Version`, which every request sends.
    pub version: &'static str,
    /// The namespace of replies, which clients compare: `https` and trailing slash included.
    pub namespace: &'static str,
    /// The service that signatures are scoped to.
    pub service: &'static str,
}

impl Api {
    /// The AWS Security Token Service.
    pub const STS: Self = Self {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        service: "sts",
    };
}
