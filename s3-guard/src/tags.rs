//! Which tags objects have, for conditions on `s3:ExistingObjectTag/<key>`.

use std::fmt::Debug;

use shared::s3::Object;

/// Knows the tags of the store's objects. The guard asks only when a policy that applies has a
/// condition on them.
#[async_trait::async_trait]
pub trait ObjectTags: Debug + Send + Sync {
    /// The tags of an object, or of the version that is named: names and values. None for an
    /// object that does not exist; `None` if it cannot be said, so that what depends on them is
    /// refused.
    async fn of(&self, object: &Object) -> Option<Vec<(String, String)>>;
}
