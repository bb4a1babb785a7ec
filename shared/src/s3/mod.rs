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
mod parameters;
mod resource;
mod table;
#[cfg(test)]
mod tests;

use crate::policy::Context;
use parameters::Parameters;
use resource::Target;
use table::Row;

pub use resource::Object;

/// A pair that the caller must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The action, as `s3:GetObject`.
    pub action: &'static str,
    /// The ARN of the bucket or object; `arn:aws:s3:::*` for the service itself.
    pub resource: String,
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
    bypasses_governance: bool,
    facts: Vec<(String, String)>,
}

/// A request asks for nothing that can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
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
    let source = copies.then(|| resource::copy_source(&header)).transpose()?;
    let bypasses_governance = is_true(header("x-amz-bypass-governance-retention"));
    let mut operation = Operation {
        name: row.name(source.is_some()),
        checks: Vec::new(),
        bypasses_governance,
        facts: context::facts(&parameters, source.as_ref(), &header),
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
        let mut facts = self.facts.clone();
        facts.retain(|(name, _)| name != context::VERSION_ID);
        facts.extend(version_id.map(|id| (context::VERSION_ID.to_owned(), id.to_owned())));
        let action = match version_id {
            None => "s3:DeleteObject",
            Some(_) => "s3:DeleteObjectVersion",
        };
        let mut operation = Self {
            name: "DeleteObject",
            key: Some(key.to_owned()),
            checks: vec![Check::new(action, object.arn())],
            facts,
            ..self.clone()
        };
        operation.add_bypass(&object.arn());
        Ok(operation)
    }

    /// The checks as [`Guard::decide`](crate::verify::Guard::decide) takes them.
    pub fn asked(&self) -> Vec<(&str, &str)> {
        self.checks
            .iter()
            .map(|check| (check.action, check.resource.as_str()))
            .collect()
    }

    /// Sets the condition keys of the request, all of them under `s3:`.
    pub fn add_context(&self, context: &mut Context) {
        for (key, value) in &self.facts {
            context.set(key, value.as_str());
        }
    }

    fn add_checks(
        &mut self,
        row: &Row,
        target: &Target,
        parameters: &Parameters,
    ) -> Result<(), OperationError> {
        let resource = target.arn();
        let is_versioned = match parameters.get("versionId") {
            None => false,
            Some("") => return Err(OperationError::Malformed),
            Some(_) => true,
        };
        let actions = row.actions(is_versioned).ok_or(OperationError::Unknown)?;
        if let Some(source) = &self.source {
            let action = match source.version_id {
                None => "s3:GetObject",
                Some(_) => "s3:GetObjectVersion",
            };
            self.checks.push(Check::new(action, source.arn()));
        }
        let checks = actions
            .iter()
            .map(|action| Check::new(action, resource.clone()));
        self.checks.extend(checks);
        Ok(())
    }

    /// Headers that do more than the operation by itself need permissions of their own.
    fn add_checks_of_headers<'a>(
        &mut self,
        target: &Target,
        header: impl Fn(&str) -> Option<&'a str>,
    ) {
        let resource = target.arn();
        for (names, action) in table::actions_of_headers(self.name) {
            if names.iter().any(|name| header(name).is_some()) {
                self.checks.push(Check::new(action, resource.clone()));
            }
        }
        if matches!(self.name, "DeleteObject" | "PutObjectRetention") {
            self.add_bypass(&resource);
        }
    }

    fn add_bypass(&mut self, resource: &str) {
        if self.bypasses_governance {
            self.checks.push(Check::new(
                "s3:BypassGovernanceRetention",
                resource.to_owned(),
            ));
        }
    }
}

impl Check {
    fn new(action: &'static str, resource: String) -> Self {
        Self { action, resource }
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
