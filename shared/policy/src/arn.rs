//! Amazon Resource Names: `arn:partition:service:region:account:resource`.
//!
//! Names are compared segment by segment, so that a wildcard never reaches into the next one.
//! Everything behind the fifth colon is one segment.

use super::answer::Answer;
use super::context::Context;
use super::pattern::{Pattern, Syntax};

const FORM: &str =
    "must be `*` or an ARN of six parts, arn:partition:service:region:account:resource";
const SEGMENTS: usize = 6;

/// The name of a resource in a request, or a value of its context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arn<'a> {
    text: &'a str,
    /// `None` when the text has no six segments.
    segments: Option<[&'a str; SEGMENTS]>,
}

impl<'a> Arn<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            segments: segments(text),
        }
    }
}

/// The six segments of an ARN; `None` when there are fewer.
pub(super) fn segments(text: &str) -> Option<[&str; SEGMENTS]> {
    let mut parts = text.splitn(SEGMENTS, ':');
    all([(); SEGMENTS].map(|()| parts.next()))
}

/// The six segments of an ARN that may end behind the third; those that are missing are `*`.
fn complete(text: &str) -> Option<[&str; SEGMENTS]> {
    let mut parts = text.splitn(SEGMENTS, ':');
    let [arn, partition, service] = [parts.next()?, parts.next()?, parts.next()?];
    let [region, account, resource] = [(); 3].map(|()| parts.next().unwrap_or("*"));
    Some([arn, partition, service, region, account, resource])
}

/// MinIO's servers with a region put it into the ARNs of their roles, where it tells none apart.
fn without_region(segments: [&str; SEGMENTS]) -> [&str; SEGMENTS] {
    match segments {
        [
            arn,
            partition @ "minio",
            service @ "iam",
            _,
            account,
            resource,
        ] => [arn, partition, service, "*", account, resource],
        other => other,
    }
}

/// An element of `Resource` or `NotResource`, or a value of an ARN condition.
#[derive(Debug)]
pub(super) enum ArnPattern {
    /// `*`
    Any,
    /// Without wildcards: the whole text is compared, and variables may hold colons.
    Text(Pattern),
    Segments(Box<[Pattern; SEGMENTS]>),
}

impl ArnPattern {
    /// Compiles an element of `Resource`: no wildcard in the service, variables only behind the
    /// fifth colon. `completed` lets an ARN end early, behind its service at the soonest; what is
    /// missing is `*` then.
    pub(super) fn resource(
        text: &str,
        variables: bool,
        completed: bool,
    ) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let segments = if completed {
            complete(text)
        } else {
            segments(text)
        };
        let segments = without_region(segments.ok_or(FORM)?);
        let [arn, _, service, _, _, resource] = segments;
        if arn != "arn" || resource.is_empty() {
            return Err(FORM);
        }
        if service.is_empty() || service.contains(['*', '?']) {
            return Err("the service of an ARN must be named, without wildcards");
        }
        let before_resource = segments.iter().take(SEGMENTS - 1);
        if variables && before_resource.into_iter().any(|s| s.contains("${")) {
            return Err("policy variables may stand only behind the fifth colon of an ARN");
        }
        Self::compile(segments, variables)
    }

    /// Compiles a value of an ARN condition; variables may stand anywhere.
    pub(super) fn condition(text: &str, variables: bool) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let syntax = Syntax {
            wildcards: true,
            variables,
        };
        if !text.starts_with("arn:") && !text.starts_with("${") {
            return Err(FORM);
        }
        let whole = Pattern::parse(text, syntax)?;
        let segments = all(split(text, variables));
        if !whole.has_wildcards() && (segments.is_some() || whole.has_variables()) {
            return Ok(Self::Text(whole));
        }
        Self::compile(segments.ok_or(FORM)?, variables)
    }

    pub(super) fn matches(&self, arn: Arn<'_>, context: &Context) -> Answer {
        match self {
            Self::Any => Answer::Holds,
            Self::Text(pattern) => pattern.matches(arn.text, context),
            Self::Segments(patterns) => match arn.segments {
                None => Answer::Fails,
                Some(segments) => {
                    // Names differ most at their end.
                    let pairs = patterns.iter().zip(segments).rev();
                    Answer::all(pairs.map(|(pattern, segment)| pattern.matches(segment, context)))
                }
            },
        }
    }

    /// Whether the pattern may cover a resource of the service and type of `arn`, whatever its
    /// partition, region, account and name.
    pub(super) fn may_cover_kind_of(&self, arn: Arn<'_>) -> bool {
        let Some([_, _, service, _, _, resource]) = arn.segments else {
            return matches!(self, Self::Any);
        };
        let kind = resource.split_inclusive('/').next().unwrap_or_default();
        match self {
            Self::Any => true,
            Self::Text(pattern) => pattern.may_begin_with("arn:"),
            Self::Segments(patterns) => {
                let [_, _, of_service, _, _, of_resource] = &**patterns;
                of_service.may_begin_with(service) && of_resource.may_begin_with(kind)
            }
        }
    }

    /// The keys that variables stand for.
    pub(super) fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Any => Box::new(std::iter::empty()),
            Self::Text(pattern) => Box::new(pattern.keys()),
            Self::Segments(patterns) => Box::new(patterns.iter().flat_map(Pattern::keys)),
        }
    }

    /// Whether every variable has a value.
    pub(super) fn is_resolved(&self, context: &Context) -> bool {
        match self {
            Self::Any => true,
            Self::Text(pattern) => pattern.is_resolved(context),
            Self::Segments(patterns) => patterns.iter().all(|p| p.is_resolved(context)),
        }
    }

    fn compile(segments: [&str; SEGMENTS], variables: bool) -> Result<Self, &'static str> {
        let syntax = Syntax {
            wildcards: true,
            variables,
        };
        let parse = |segment| Pattern::parse(segment, syntax);
        let [arn, partition, service, region, account, resource] = segments;
        Ok(Self::Segments(Box::new([
            parse(arn)?,
            parse(partition)?,
            parse(service)?,
            parse(region)?,
            parse(account)?,
            parse(resource)?,
        ])))
    }
}

/// Splits at colons outside of `${...}`.
fn split(text: &str, variables: bool) -> [Option<&str>; SEGMENTS] {
    let mut inside = false;
    let mut dollar = false;
    let mut parts = text.splitn(SEGMENTS, move |c: char| {
        match c {
            '{' if variables && dollar => inside = true,
            '}' => inside = false,
            _ => {}
        }
        dollar = c == '$';
        c == ':' && !inside
    });
    [(); SEGMENTS].map(|()| parts.next())
}

/// All six, or nothing.
fn all<T>(parts: [Option<T>; SEGMENTS]) -> Option<[T; SEGMENTS]> {
    let [arn, partition, service, region, account, resource] = parts;
    Some([arn?, partition?, service?, region?, account?, resource?])
}
