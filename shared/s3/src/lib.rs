//! What a request to an object store asks for, in the words of its policies.
//!
//! [`operation`] reads a path-style request of the S3 REST API and names the operation, with
//! every pair of action and resource that its caller must be allowed ("Required permissions
//! for Amazon S3 API operations", Amazon S3 User Guide).
//!
//! A guard must not read a request differently from the store behind it. Whatever could be
//! read in two ways is refused, and so is what this module does not know: other operations,
//! parameters of no known meaning, repeated parameters, a raw `+` in a query, headers that
//! were moved into a presigned query although they decide, and keys with `.` or `..` segments.

mod context;
mod headers;
mod keys;
mod parameters;
mod resource;
mod table;
#[cfg(test)]
mod tests;

use policy::{Asked, Context};

use context::Facts;
use headers::{PRECONDITIONS, Tagging};
use keys::EXISTING_TAG;
use parameters::Parameters;
use resource::Target;
use table::Row;

pub use context::{Moments, drop_foreign, fit_to_action};
pub use keys::{EXISTING_TAGS, KEYS, REQUEST_TAGS, actions_with};
pub use resource::Object;

/// A pair that the caller must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The action, as `s3:GetObject`.
    pub action: &'static str,
    /// The ARN of the bucket or object; `arn:aws:s3:::*` for the service itself.
    pub resource: String,
    /// The object, if it is one, in the version that is meant.
    pub object: Option<Object>,
    /// The tags that the object has, where a guard has looked them up.
    pub existing_tags: Option<Vec<(String, String)>>,
}

/// An operation of the S3 API, read from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name in the API reference, as `GetObject`.
    pub name: &'static str,
    /// The bucket, unless the operation is about the service.
    pub bucket: Option<String>,
    /// The object's key, decoded.
    pub key: Option<String>,
    /// What is copied.
    pub source: Option<Object>,
    /// What the caller must be allowed, all of it. Empty for `DeleteObjects`, whose keys stand
    /// in the body: see [`Self::delete_of`].
    pub checks: Vec<Check>,
    /// The parameter `prefix`, whether or not the operation is a listing.
    pub prefix: Option<String>,
    /// Whether a new object gets the tags of what is copied, which are those that the request
    /// sets: see [`Self::set_tags`].
    pub copies_tags: bool,
    bypasses_governance: bool,
    facts: Facts,
}

/// A request asks for nothing that can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// A parameter has a value that clients of S3 do not send.
    #[error("a parameter of the request has no value that it can have")]
    Argument,
    /// Two readers might read the request differently.
    #[error("the request can be read in more than one way")]
    Ambiguous,
    /// Path, query or copy source are not what a client of S3 sends.
    #[error("the request's path, query or copy source is malformed")]
    Malformed,
    /// Not an operation that this service knows.
    #[error("the operation is not known")]
    Unknown,
}

/// Reads the operation of a path-style request. Path and query are as received, not decoded;
/// `header` finds a header field by its lower-case name.
pub fn operation<'a>(
    method: &str,
    path: &str,
    query: &str,
    header: impl Fn(&str) -> Option<&'a str>,
) -> Result<Operation, OperationError> {
    let target = Target::parse(path)?;
    let parameters = Parameters::parse(query)?;
    let row = table::find(method, &target, &parameters).ok_or(OperationError::Unknown)?;
    if is_form_upload(method, &header) {
        return Err(OperationError::Unknown);
    }
    let copies = row.copies(header("x-amz-copy-source").is_some());
    if copies && PRECONDITIONS.iter().any(|name| header(name).is_some()) {
        // Stores differ in whether a copy heeds them.
        return Err(OperationError::Unknown);
    }
    let source = copies.then(|| resource::copy_source(&header)).transpose()?;
    let bypasses_governance = is_true(header("x-amz-bypass-governance-retention"));
    let name = row.name(source.is_some());
    let mut operation = Operation {
        name,
        checks: Vec::new(),
        prefix: parameters.get("prefix").map(str::to_owned),
        copies_tags: Tagging::of(name, &header) == Tagging::Copied,
        bypasses_governance,
        facts: Facts::of_head(name, &parameters, source.as_ref(), &header)?,
        source,
        bucket: target.bucket().map(str::to_owned),
        key: target.key().map(str::to_owned),
    };
    operation.add_checks(&row, &target, &parameters)?;
    operation.add_checks_of_headers(&target, header);
    Ok(operation)
}

impl Operation {
    /// The deletion of one of the keys in the body of `DeleteObjects`, decided like a
    /// `DeleteObject` of its own.
    pub fn delete_of(&self, key: &str, version_id: Option<&str>) -> Result<Self, OperationError> {
        let bucket = self.bucket.as_deref().ok_or(OperationError::Unknown)?;
        let object = Object::new(bucket, key, version_id)?;
        let action = match version_id {
            None => "s3:DeleteObject",
            Some(_) => "s3:DeleteObjectVersion",
        };
        let mut operation = Self {
            name: "DeleteObject",
            key: Some(key.to_owned()),
            checks: vec![Check::of_object(action, object.clone())],
            ..self.clone()
        };
        operation.add_bypass(&Target::Object(object));
        Ok(operation)
    }

    /// Takes the region from the body of a `CreateBucket`.
    pub fn set_location(&mut self, location: Option<&str>) {
        self.facts.set_location(location);
    }

    /// Takes the tags that the request sets: from the body of a `PutObjectTagging`, or of what
    /// is copied.
    pub fn set_tags(&mut self, tags: Vec<(String, String)>) {
        self.facts.set_tags(Some(tags));
    }

    /// Takes mode and date, in ISO 8601, from the body of a `PutObjectRetention`.
    pub fn set_retention(&mut self, mode: Option<&str>, until: Option<&str>) {
        self.facts.set_retention(mode, until);
    }

    /// Takes the status from the body of a `PutObjectLegalHold`.
    pub fn set_legal_hold(&mut self, status: Option<&str>) {
        self.facts.set_legal_hold(status);
    }

    /// What is asked about: each check, in a context of its own. To that of the caller and the
    /// request it adds the keys of the check's action, all of them under `s3:`.
    pub fn asked(&self, context: &Context, moments: Moments) -> Vec<Asked<'_>> {
        let of_check = |check: &Check| {
            let mut context = context.clone();
            self.facts.add(&mut context, check, moments);
            context
        };
        let checks = self.checks.iter();
        let asked = checks.map(|check| Asked {
            action: check.action,
            resource: &check.resource,
            context: of_check(check),
        });
        asked.collect()
    }

    fn add_checks(
        &mut self,
        row: &Row,
        target: &Target,
        parameters: &Parameters,
    ) -> Result<(), OperationError> {
        let version_id = match parameters.get("versionId") {
            Some("") => return Err(OperationError::Malformed),
            version_id => version_id,
        };
        let actions = row.actions(version_id.is_some());
        let actions = actions.ok_or(OperationError::Unknown)?;
        if let Some(source) = &self.source {
            let action = match source.version_id {
                None => "s3:GetObject",
                Some(_) => "s3:GetObjectVersion",
            };
            self.checks.push(Check::of_object(action, source.clone()));
        }
        let target = target.in_version(version_id);
        let checks = actions.iter().map(|action| Check::new(action, &target));
        self.checks.extend(checks);
        Ok(())
    }

    /// Headers that do more than the operation by itself need permissions of their own.
    fn add_checks_of_headers<'a>(
        &mut self,
        target: &Target,
        header: impl Fn(&str) -> Option<&'a str>,
    ) {
        for (names, action) in table::actions_of_headers(self.name) {
            if names.iter().any(|name| header(name).is_some()) {
                self.checks.push(Check::new(action, target));
            }
        }
        if matches!(self.name, "DeleteObject" | "PutObjectRetention") {
            self.add_bypass(target);
        }
    }

    fn add_bypass(&mut self, target: &Target) {
        if self.bypasses_governance {
            let action = "s3:BypassGovernanceRetention";
            self.checks.push(Check::new(action, target));
        }
    }
}

impl Check {
    fn new(action: &'static str, target: &Target) -> Self {
        match target {
            Target::Object(object) => Self::of_object(action, object.clone()),
            Target::Service | Target::Bucket(_) => Self {
                action,
                resource: target.arn(),
                object: None,
                existing_tags: None,
            },
        }
    }

    fn of_object(action: &'static str, object: Object) -> Self {
        Self {
            action,
            resource: object.arn(),
            object: Some(object),
            existing_tags: None,
        }
    }

    /// Whether conditions may ask which tags the object has.
    pub fn may_ask_for_tags(&self) -> bool {
        keys::OfAction::new(self.action).have(EXISTING_TAG)
    }

    fn version_id(&self) -> Option<&str> {
        self.object.as_ref()?.version_id.as_deref()
    }

    fn add_existing_tags(&self, context: &mut Context) {
        if !self.may_ask_for_tags() {
            return;
        }
        let known = self.existing_tags.as_ref();
        let Some(tags) = known.filter(|tags| context::have_one_reading(tags)) else {
            context.withhold(EXISTING_TAG);
            return;
        };
        for (name, value) in tags {
            context.set(&format!("{EXISTING_TAG}{name}"), value.as_str());
        }
    }
}

/// Whether the request is an HTML form upload, which carries its signature in the body.
fn is_form_upload<'a>(method: &str, header: impl Fn(&str) -> Option<&'a str>) -> bool {
    let form = "multipart/form-data";
    let is_form = |text: &str| {
        let start = text.trim_ascii_start().get(..form.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(form))
    };
    method == "POST" && header("content-type").is_some_and(is_form)
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case("true"))
}
