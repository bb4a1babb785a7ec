//! Which tags objects have, for conditions on `s3:ExistingObjectTag/<key>`, and on
//! `s3:RequestObjectTag/<key>` of copies.

use std::fmt::Debug;

use s3::Object;

/// The names and values of an object's tags; `None` if it cannot be said what they are.
pub(crate) type Tags = Option<Vec<(String, String)>>;

/// Knows the tags of the store's objects. The guard asks only when a policy that applies has a
/// condition on them.
#[async_trait::async_trait]
pub trait ObjectTags: Debug + Send + Sync {
    /// The tags of an object, or of the version that is named: names and values. None for an
    /// object that does not exist; `None` if it cannot be said, so that what depends on them is
    /// refused.
    async fn of(&self, object: &Object) -> Option<Vec<(String, String)>>;
}

/// The tags of the objects of one request, each read once.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    tags: &'a dyn ObjectTags,
    found: Vec<(Object, Tags)>,
}

impl<'a> Found<'a> {
    pub(crate) const fn new(tags: &'a dyn ObjectTags) -> Self {
        Self {
            tags,
            found: Vec::new(),
        }
    }

    pub(crate) async fn of(&mut self, object: &Object) -> Tags {
        if let Some((_, tags)) = self.found.iter().find(|(found, _)| found == object) {
            return tags.clone();
        }
        let tags = self.tags.of(object).await;
        self.found.push((object.clone(), tags.clone()));
        tags
    }
}
