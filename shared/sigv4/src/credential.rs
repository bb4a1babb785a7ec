//! The credential: which key signed, and for which scope.

use std::borrow::Cow;

use super::error::{Echo, Error};
use super::{Regions, Rules};

const TERMINATOR: &str = "aws4_request";

/// What a derived signing key is good for: one day, one region, one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The day as `YYYYMMDD`.
    pub date: &'a str,
    /// The region; may be empty.
    pub region: &'a str,
    /// The service.
    pub service: &'a str,
}

impl Scope<'_> {
    /// What the signing key is derived from after the secret, in order.
    pub(super) fn parts(&self) -> [&str; 4] {
        [self.date, self.region, self.service, TERMINATOR]
    }
}

/// `access key/date/region/service/aws4_request`.
pub(super) struct Credential<'a>(Cow<'a, str>);

impl<'a> Credential<'a> {
    pub(super) fn parse(text: Cow<'a, str>) -> Result<Self, Error> {
        if text.split('/').count() != 5 {
            return Err(Error::MalformedCredential(Echo::new(&text)));
        }
        Ok(Self(text))
    }

    pub(super) fn access_key(&self) -> &str {
        self.part(0)
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            date: self.part(1),
            region: self.part(2),
            service: self.part(3),
        }
    }

    /// Reports every deviation at once; `date` is the time of signing in basic format.
    pub(super) fn check_scope(&self, rules: &Rules, date: &str) -> Result<(), Error> {
        let scope = self.scope();
        let terminator = self.part(4);
        let day = date.split('T').next().unwrap_or_default();
        let deviations = [
            wrong_region(&rules.regions, scope.region),
            (scope.service != rules.service).then(|| {
                format!(
                    "Credential should be scoped to correct service: '{}'.",
                    rules.service
                )
            }),
            (terminator != TERMINATOR).then(|| {
                format!(
                    "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'.",
                    Echo::new(terminator)
                )
            }),
            (scope.date != day).then(|| {
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{date}'.",
                    Echo::new(scope.date)
                )
            }),
        ];
        let deviations: Vec<_> = deviations.into_iter().flatten().collect();
        match deviations.as_slice() {
            [] => Ok(()),
            texts => Err(Error::WrongScope(texts.join(" "))),
        }
    }

    fn part(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }
}

fn wrong_region(regions: &Regions, region: &str) -> Option<String> {
    (!regions.accept(region)).then(|| {
        format!(
            "Credential should be scoped to a valid region, not '{}'.",
            Echo::new(region)
        )
    })
}
