//! The condition keys of a request: what its head says, and what others add.

use std::collections::HashSet;

use clock::UnixTime;
use policy::Context;

use super::headers::{self, Tagging, WRITING, has_one_reading};
use super::keys::{self, KEYS, OfAction, supplies};
use super::parameters::Parameters;
use super::resource::{Object, decode};
use super::{Check, OperationError};

/// Operations that list what begins like a prefix.
const LISTING: [&str; 3] = ["ListObjectVersions", "ListObjects", "ListObjectsV2"];

/// Operations after which an object is there that was not.
const CREATING: [&str; 3] = ["CompleteMultipartUpload", "CopyObject", "PutObject"];

/// The most keys that a listing may ask for, in digits.
const MAX_DIGITS: usize = 9;

const DAY: i64 = 86_400;

/// When a request was signed, and when it is decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// The time of the signature.
    pub signed_at: UnixTime,
    /// The present.
    pub now: UnixTime,
}

/// What is known of a request's condition keys, whatever the action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts(Vec<(String, Fact)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fact {
    One(String),
    Many(Vec<String>),
    /// It stands where nobody has looked, or reads in more than one way.
    Unknown,
}

impl Facts {
    /// What the head of a request for an operation says.
    pub(super) fn of_head<'a>(
        name: &str,
        parameters: &Parameters,
        source: Option<&Object>,
        header: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, OperationError> {
        let mut facts = Self::default();
        facts.set("s3:signatureversion", "AWS4-HMAC-SHA256");
        facts.set(keys::CREATION, CREATING.contains(&name).to_string());
        if header("authorization").is_some() {
            facts.set("s3:authtype", "REST-HEADER");
        } else {
            facts.set("s3:authtype", "REST-QUERY-STRING");
            // A presigned request says nothing of its body unless the header is there.
            facts.set("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        }
        if LISTING.contains(&name) {
            facts.add_parameters(parameters)?;
        }
        if let Some(hash) = header("x-amz-content-sha256") {
            facts.set_text("s3:x-amz-content-sha256", Some(hash));
        }
        facts.add_headers(name, &header);
        if let Some(source) = source {
            // One form, however the client has written it.
            let copied = format!("{}/{}", source.bucket, source.key);
            facts.set("s3:x-amz-copy-source", copied);
        }
        if WRITING.contains(&name) {
            facts.add_tags(name, &header);
            facts.set_retention(
                header("x-amz-object-lock-mode"),
                header("x-amz-object-lock-retain-until-date"),
            );
            facts.set_legal_hold(header("x-amz-object-lock-legal-hold"));
        }
        facts.withhold_body(name);
        Ok(facts)
    }

    /// The region that the body of a `CreateBucket` names.
    pub(super) fn set_location(&mut self, location: Option<&str>) {
        self.set_text(keys::LOCATION, location);
    }

    /// The tags that the request sets; `None` if they read in more than one way, as they do if a
    /// name comes twice.
    pub(super) fn set_tags(&mut self, tags: Option<Vec<(String, String)>>) {
        let tags = tags.filter(|tags| have_one_reading(tags));
        let is_tag = |key: &str| key.starts_with(keys::REQUEST_TAG);
        self.0
            .retain(|(key, _)| !is_tag(key) && key != keys::REQUEST_TAG_KEYS);
        match tags {
            None => self.withhold(keys::REQUEST_TAGS),
            Some(tags) => {
                let names = tags.iter().map(|(name, _)| name.clone()).collect();
                self.insert(keys::REQUEST_TAG_KEYS, Fact::Many(names));
                for (name, value) in tags {
                    self.set(&format!("{}{name}", keys::REQUEST_TAG), value);
                }
            }
        }
    }

    /// How long an object shall be kept.
    pub(super) fn set_retention(&mut self, mode: Option<&str>, until: Option<&str>) {
        self.set_text(keys::LOCK_MODE, mode);
        match until.map(parse_date) {
            None => {
                self.set_absent(keys::LOCK_UNTIL);
                self.set_absent(keys::LOCK_DAYS);
            }
            // The days depend on when it is decided: see `add`.
            Some(Some(until)) => self.set(keys::LOCK_UNTIL, until.iso8601()),
            Some(None) => self.withhold(&[keys::LOCK_UNTIL, keys::LOCK_DAYS]),
        }
    }

    /// Whether an object shall be held.
    pub(super) fn set_legal_hold(&mut self, status: Option<&str>) {
        self.set_text(keys::LEGAL_HOLD, status);
    }

    /// Adds to `context` what belongs to a check, and nothing else.
    pub(super) fn add(&self, context: &mut Context, check: &Check, moments: Moments) {
        let of_action = OfAction::new(check.action);
        let age = moments.now.since(moments.signed_at).max(0);
        context.set("s3:signatureAge", age.saturating_mul(1000).to_string());
        check.add_existing_tags(context);
        if of_action.have(keys::VERSION_ID)
            && let Some(version) = check.version_id()
        {
            context.set(keys::VERSION_ID, version);
        }
        let mut facts = self.0.iter();
        let until = facts.find_map(|(key, fact)| match fact {
            Fact::One(date) if key == keys::LOCK_UNTIL => parse_date(date),
            _ => None,
        });
        if let Some(until) = until.filter(|_| of_action.have(keys::LOCK_DAYS)) {
            let seconds = until.since(moments.now);
            // A day that has begun counts, as in what clients ask for: days from their now on.
            let days = seconds.div_euclid(DAY) + i64::from(seconds.rem_euclid(DAY) > 0);
            context.set(keys::LOCK_DAYS, days.to_string());
        }
        for (key, fact) in &self.0 {
            if of_action.have(key) {
                match fact {
                    Fact::One(value) => context.set(key, value.as_str()),
                    Fact::Many(values) => context.set_all(key, values.iter().map(String::as_str)),
                    Fact::Unknown => context.withhold(key),
                };
            }
        }
    }

    fn add_headers<'a>(&mut self, name: &str, header: impl Fn(&str) -> Option<&'a str>) {
        for header_name in headers::read_by(name) {
            if let Some(value) = header(header_name) {
                self.set_text(&format!("s3:{header_name}"), Some(value));
            }
        }
    }

    /// The tags of a new object. A copy has those of its source unless they are replaced.
    fn add_tags<'a>(&mut self, name: &str, header: impl Fn(&str) -> Option<&'a str>) {
        self.set_tags(match Tagging::of(name, &header) {
            Tagging::Set => header("x-amz-tagging").map_or(Some(Vec::new()), parse_tags),
            Tagging::Copied | Tagging::Unclear => None,
        });
    }

    fn add_parameters(&mut self, parameters: &Parameters) -> Result<(), OperationError> {
        let given = |name| parameters.get(name);
        // Some clients send an empty one for none.
        if let Some(delimiter) = given("delimiter").filter(|delimiter| !delimiter.is_empty()) {
            self.set(keys::DELIMITER, delimiter);
        }
        if let Some(prefix) = given("prefix") {
            self.set(keys::PREFIX, prefix);
        }
        match given("max-keys") {
            None => {}
            Some(number) if is_number(number) => self.set(keys::MAX_KEYS, number),
            Some(_) => return Err(OperationError::Argument),
        }
        Ok(())
    }

    /// What the body says instead of the head.
    fn withhold_body(&mut self, name: &str) {
        match name {
            "CreateBucket" => self.withhold(&[keys::LOCATION]),
            "PutObjectLegalHold" => self.withhold(&[keys::LEGAL_HOLD]),
            "PutObjectRetention" => self.withhold(keys::RETENTION),
            "PutObjectTagging" => self.set_tags(None),
            _ => {}
        }
    }

    fn set(&mut self, key: &str, value: impl Into<String>) {
        self.insert(key, Fact::One(value.into()));
    }

    /// Sets a text that a client has chosen, or that it has chosen none.
    fn set_text(&mut self, key: &str, value: Option<&str>) {
        match value.map(str::trim_ascii) {
            None => self.set_absent(key),
            Some(value) if has_one_reading(key, value) => self.set(key, value),
            Some(_) => self.withhold(&[key]),
        }
    }

    fn set_absent(&mut self, key: &str) {
        self.insert(key, Fact::Many(Vec::new()));
    }

    fn withhold(&mut self, keys: &[&str]) {
        for key in keys {
            self.insert(key, Fact::Unknown);
        }
    }

    fn insert(&mut self, key: &str, fact: Fact) {
        let key = key.to_lowercase();
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, fact));
    }
}

/// Makes a context fit for an action of S3 that was given by somebody who may not know all of
/// the request: what the action does not have goes, and what it has and is not set cannot be
/// known. Nothing is known of an action of S3 that is not known here. A context for another
/// service stays as it is.
pub fn fit_to_action(context: &mut Context, action: &str) {
    if drop_foreign(context, action) {
        let of_action = OfAction::new(action);
        for key in KEYS.iter().filter(|key| of_action.have(key)) {
            context.withhold(key);
        }
    }
}

/// Takes keys of S3 from a context which requests for an action do not have; whether the action
/// is one of S3.
pub fn drop_foreign(context: &mut Context, action: &str) -> bool {
    let is_s3 = action
        .split_once(':')
        .is_some_and(|(service, _)| service.eq_ignore_ascii_case("s3"));
    if is_s3 {
        let of_action = OfAction::new(action);
        let is_foreign = |key: &str| supplies(key) && !of_action.have(key);
        let foreign = context.all().map(|(key, _)| key);
        let foreign: Vec<String> = foreign
            .filter(|key| is_foreign(key))
            .map(str::to_owned)
            .collect();
        for key in foreign {
            context.remove(&key);
        }
    }
    is_s3
}

/// Plain digits: readers differ in signs, blanks and what does not fit their type.
fn is_number(text: &str) -> bool {
    (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether no name comes twice: condition keys are compared without regard to case.
pub(super) fn have_one_reading(tags: &[(String, String)]) -> bool {
    let mut seen = HashSet::new();
    tags.iter()
        .all(|(name, _)| seen.insert(name.to_lowercase()))
}

/// Reads `x-amz-tagging`: a query string, in which `+` is read in two ways.
fn parse_tags(text: &str) -> Option<Vec<(String, String)>> {
    if text.contains('+') {
        return None;
    }
    let tags = text.split('&').filter(|tag| !tag.is_empty());
    let decoded = tags.map(|tag| {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        Some((decode(name).ok()?, decode(value).ok()?))
    });
    decoded.collect()
}

/// Reads `2026-11-25T16:00:00Z`, with or without fractions of a second.
fn parse_date(text: &str) -> Option<UnixTime> {
    let text = text.trim_ascii();
    let whole = match text.split_once('.') {
        None => text.to_owned(),
        Some((seconds, fraction)) => {
            let digits = fraction.strip_suffix('Z')?;
            let is_fraction = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_fraction.then(|| format!("{seconds}Z"))?
        }
    };
    UnixTime::parse_iso8601(&whole)
}
