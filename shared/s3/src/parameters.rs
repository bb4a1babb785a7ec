//! The query of a request.

use std::collections::BTreeMap;

use super::OperationError;
use super::resource::decode;

/// Parameters that change what an operation returns, not what it is. Those of the signature
/// are among them.
const MODIFIERS: [&str; 33] = [
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "prefix",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "versionId",
    "x-amz-user-agent",
    "x-id",
];

/// Headers that signers move into the query and that decide nothing.
const HOISTED: [&str; 3] = ["x-amz-checksum-", "x-amz-meta-", "x-amz-sdk-"];

/// The decoded parameters, each once.
#[derive(Debug)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn parse(query: &str) -> Result<Self, OperationError> {
        // A signer never sends a plus sign, and half of the readers take it for a space.
        if query.contains('+') {
            return Err(OperationError::Ambiguous);
        }
        let mut parameters = BTreeMap::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if parameters.insert(decode(name)?, decode(value)?).is_some() {
                return Err(OperationError::Ambiguous);
            }
        }
        Ok(Self(parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether the query is `terms` and modifiers. A term is a name, or `name=value`.
    pub(super) fn are(&self, terms: &[&str]) -> bool {
        let present = terms.iter().all(|term| match term.split_once('=') {
            None => self.0.contains_key(*term),
            Some((name, value)) => self.get(name) == Some(value),
        });
        let is_term = |key: &str| {
            let mut names = terms
                .iter()
                .map(|term| term.split_once('=').unwrap_or((term, "")).0);
            names.any(|name| name == key)
        };
        present && self.0.keys().all(|key| is_term(key) || is_modifier(key))
    }
}

fn is_modifier(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    MODIFIERS.contains(&name) || HOISTED.iter().any(|prefix| lower.starts_with(prefix))
}
