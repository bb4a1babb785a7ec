//! What policies depend on that nobody supplies: a Deny with such a condition denies always, and
//! an Allow never allows.

use std::collections::BTreeSet;
use std::fmt;

use domain::permissions::{actions_with, claim_key, is_of_claims, is_supplied};
use policy::{KeyUse, Kind, Policy};
use store::{ManagePlugins, ManageProviders, OpenIdProvider, ReadService};

use crate::error::Error;

/// The condition keys that somebody supplies besides this service itself.
#[derive(Debug, Default)]
pub struct Supplied {
    /// What keys begin with that an operator has declared, in lower case.
    declared: Vec<String>,
    /// The keys of claims that are kept, in lower case; `None` if any might be.
    claims: Option<BTreeSet<String>>,
}

/// A statement depends on a key that it cannot do anything with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The policy's name.
    pub policy: String,
    /// The statement's `Sid`, or its place among the statements, counted from 0.
    pub statement: String,
    /// The condition key, in lower case.
    pub key: String,
    /// Whether the statement denies.
    pub denies: bool,
    /// What is wrong with the key.
    pub why: Why,
}

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody supplies it.
    Unsupplied,
    /// It is supplied, and absent from all requests that the statement is about.
    Foreign,
}

impl Supplied {
    /// What settings and providers say. An identity plugin may send any claim; beside OpenID
    /// providers it is not taken for an excuse.
    pub async fn read<S>(store: &S) -> Result<Self, Error>
    where
        S: ManagePlugins + ManageProviders + ReadService,
    {
        let settings = store.service_record().await?.settings;
        let providers = store.list_providers().await?.items;
        let has_plugin = !store.list_plugins().await?.items.is_empty();
        let mut supplied = Self {
            declared: Vec::new(),
            claims: (!providers.is_empty() || !has_plugin).then(BTreeSet::new),
        };
        supplied.add_settings(&settings.condition_keys);
        for provider in &providers {
            supplied.add_provider(provider);
        }
        Ok(supplied)
    }

    /// Adds what an operator declares.
    pub fn add_settings(&mut self, condition_keys: &[String]) {
        let lower = condition_keys.iter().map(|key| key.to_lowercase());
        self.declared.extend(lower);
    }

    /// Adds the claims that a provider keeps.
    pub fn add_provider(&mut self, provider: &OpenIdProvider) {
        let kept = provider.kept_claim_names().into_iter();
        let keys = kept.filter_map(|name| Some(claim_key(&name)?.to_lowercase()));
        self.claims.get_or_insert_default().extend(keys);
    }

    /// The statements of a policy that depend on anything else.
    pub fn findings(&self, name: &str, policy: &Policy) -> Vec<Finding> {
        let finding = |used: KeyUse<'_>| {
            Some(Finding {
                why: self.wrong_with(&used)?,
                policy: name.to_owned(),
                statement: used
                    .sid
                    .map_or_else(|| used.index.to_string(), str::to_owned),
                key: used.key.to_owned(),
                denies: used.denies,
            })
        };
        policy.keys().filter_map(finding).collect()
    }

    /// The same of a document, if it is one.
    pub fn findings_of(&self, name: &str, document: &str) -> Vec<Finding> {
        let policy = Policy::parse(document, Kind::Stored);
        policy.map_or_else(|_| Vec::new(), |policy| self.findings(name, &policy))
    }

    fn wrong_with(&self, used: &KeyUse<'_>) -> Option<Why> {
        if !self.has(used.key) {
            return Some(Why::Unsupplied);
        }
        let actions = actions_with(used.key);
        let is_foreign = !actions.is_empty() && !actions.iter().any(|it| used.is_about(it));
        is_foreign.then_some(Why::Foreign)
    }

    fn has(&self, key: &str) -> bool {
        let is_declared = |beginning: &String| key.starts_with(beginning.trim_end_matches('*'));
        let is_kept = || match &self.claims {
            Some(claims) if is_of_claims(key) => claims.contains(key),
            _ => true,
        };
        self.declared.iter().any(is_declared) || (is_supplied(key) && is_kept())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            statement,
            key,
            ..
        } = self;
        write!(f, "policy {policy}: statement {statement}: ")?;
        match (self.why, self.denies) {
            (Why::Foreign, _) => {
                write!(f, "no request for its actions has the condition key {key}")
            }
            (Why::Unsupplied, true) => write!(
                f,
                "nobody supplies the condition key {key}, \
                 so the statement denies whatever its value"
            ),
            (Why::Unsupplied, false) => write!(
                f,
                "nobody supplies the condition key {key}, so the statement never allows"
            ),
        }
    }
}

/// Refuses findings, if the operator wants none.
pub fn refuse(findings: &[Finding], strict: bool) -> Result<(), Error> {
    if !strict || findings.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    Err(Error::Refused(lines.join("; ")))
}

/// Whether `key` can be what condition keys begin with.
pub(crate) fn is_beginning(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"',=".contains(c);
    !key.is_empty() && key != "*" && key.len() <= 256 && key.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn keys(supplied: &Supplied, condition: &Value) -> Vec<String> {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Sid": "Guard", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
        ]});
        let findings = supplied.findings_of("p", &document.to_string());
        assert!(findings.iter().all(|f| f.statement == "Guard" && f.denies));
        findings.into_iter().map(|finding| finding.key).collect()
    }

    #[test]
    fn keys_that_nobody_supplies_are_found() {
        let supplied = Supplied::default();
        for key in [
            "s3:signatureAge",
            "s3:RequestObjectTag/team",
            "s3:ExistingObjectTag/class",
            "s3:LocationConstraint",
            "aws:SourceIp",
            "aws:PrincipalTag/team",
            "aws:RequestTag/team",
            "sts:ExternalId",
            "jwt:anything",
        ] {
            let condition = json!({"StringEquals": {key: "x"}});
            assert!(keys(&supplied, &condition).is_empty(), "{key}");
        }
        for key in [
            "aws:SourceIPs",
            "s3:prefxi",
            "s3:ResourceAccount",
            "aws:PrincipalOrgID",
            "gateway:tenant",
        ] {
            let condition = json!({"StringEquals": {key: "x"}});
            assert_eq!(keys(&supplied, &condition), [key.to_lowercase()]);
        }
        let variable = json!({"StringEquals": {"aws:username": "${aws:userNmae}"}});
        assert_eq!(keys(&supplied, &variable), ["aws:usernmae"]);
    }

    #[test]
    fn keys_of_other_actions_are_found() {
        for (action, key, found) in [
            ("s3:GetObject", "s3:prefix", true),
            ("s3:Get*", "s3:prefix", true),
            ("s3:*", "s3:prefix", false),
            ("s3:List*", "s3:prefix", false),
            ("s3:GetObject", "s3:VersionId", true),
            ("s3:GetObject*", "s3:VersionId", false),
            ("s3:GetObject", "s3:signatureAge", false),
            ("s3:GetObject", "sts:ExternalId", true),
            ("sts:*", "sts:ExternalId", false),
            ("*", "sts:ExternalId", false),
            ("s3:GetObject", "aws:RequestTag/team", true),
            ("s3:PutObjectTagging", "aws:TagKeys", true),
            ("sts:TagSession", "aws:RequestTag/team", false),
        ] {
            let document = json!({"Statement": {
                "Effect": "Deny", "Action": action, "Resource": "*",
                "Condition": {"StringEquals": {key: "x"}},
            }});
            let findings = Supplied::default().findings_of("p", &document.to_string());
            assert_eq!(!findings.is_empty(), found, "{action} {key}");
            let told = "no request for its actions has the condition key";
            assert!(findings.iter().all(|it| it.to_string().contains(told)));
        }
    }

    #[test]
    fn declared_keys_are_supplied_by_somebody() {
        let mut supplied = Supplied::default();
        supplied.add_settings(&["Gateway:".to_owned(), "acme:team*".to_owned()]);
        let condition = json!({"StringEquals": {
            "gateway:tenant": "x", "acme:teams": "x", "acme:other": "x",
        }});
        assert_eq!(keys(&supplied, &condition), ["acme:other"]);
    }

    #[test]
    fn claims_are_supplied_if_a_provider_keeps_them() {
        let supplied = Supplied {
            claims: Some(BTreeSet::from([
                "jwt:email".to_owned(),
                "ldap:user".to_owned(),
            ])),
            ..Supplied::default()
        };
        let condition = json!({"StringEquals": {
            "jwt:Email": "x", "ldap:user": "x", "jwt:a.b": "x", "jwt:dept": "x", "ldap:groups": "x",
        }});
        assert_eq!(
            keys(&supplied, &condition),
            ["jwt:a.b", "jwt:dept", "ldap:groups"]
        );
    }

    #[test]
    fn a_finding_names_policy_statement_and_key() {
        let document = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"x:y": "true"}}}}"#;
        let findings = Supplied::default().findings_of("p", document);
        assert_eq!(
            findings[0].to_string(),
            "policy p: statement 0: nobody supplies the condition key x:y, so the statement never allows"
        );
        assert!(refuse(&findings, false).is_ok());
        assert!(refuse(&findings, true).is_err());
    }
}
