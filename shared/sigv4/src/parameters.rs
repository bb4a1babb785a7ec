//! Where the parts of a signature stand: in the `Authorization` header or in the query.

use std::borrow::Cow;

use super::error::{Echo, Error};
use super::headers::Headers;
use super::query::Query;
use super::{ALGORITHM, DATE_HEADER, SECURITY_TOKEN_HEADER};

/// How a request carries its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

/// The parts of a signature as sent.
pub(super) struct Parameters<'a> {
    pub(super) form: Form,
    /// The header that holds the time of signing, if a header does.
    pub(super) date_header: Option<&'static str>,
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    pub(super) expires: Option<String>,
    pub(super) session_token: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    /// Finds the one form of authentication; takes the signature out of the query.
    pub(super) fn extract(headers: &Headers<'a>, query: &mut Query<'a>) -> Result<Self, Error> {
        let algorithm = query.first("X-Amz-Algorithm");
        match (headers.all("authorization"), algorithm.as_deref()) {
            ([], Some(ALGORITHM)) => Self::from_query(headers, query),
            ([], _) => Err(Error::MissingAuthenticationToken),
            ([(_, value)], None) => Self::from_header(value, headers),
            _ => Err(Error::AmbiguousAuthentication),
        }
    }

    fn from_header(authorization: &'a [u8], headers: &Headers<'a>) -> Result<Self, Error> {
        let parts = AuthorizationHeader::parse(authorization)?;
        let mut date_headers = [DATE_HEADER, "date"].iter();
        let date = date_headers.find_map(|name| Some((*name, headers.value(name)?)));
        let (Some(credential), Some(signature), Some(signed_headers), Some((date_header, date))) = (
            parts.credential,
            parts.signature,
            parts.signed_headers,
            &date,
        ) else {
            return Err(parts.missing(date.is_some()));
        };
        Ok(Self {
            form: Form::Header,
            date_header: Some(date_header),
            credential: credential.into(),
            signed_headers: signed_headers.into(),
            signature: signature.into(),
            date: date.clone(),
            expires: None,
            session_token: headers.value(SECURITY_TOKEN_HEADER),
        })
    }

    fn from_query(headers: &Headers<'a>, query: &mut Query<'a>) -> Result<Self, Error> {
        let mut missing = Vec::new();
        let mut require = |name: &str, value: Option<String>| {
            if value.is_none() {
                missing.push(format!(
                    "AWS query-string parameters must include '{name}'."
                ));
            }
            Cow::Owned(value.unwrap_or_default())
        };
        let parameters = Self {
            form: Form::Query,
            date_header: None,
            credential: require("X-Amz-Credential", query.first("X-Amz-Credential")),
            signature: require("X-Amz-Signature", query.take_first("X-Amz-Signature")),
            signed_headers: require("X-Amz-SignedHeaders", query.first("X-Amz-SignedHeaders")),
            date: require("X-Amz-Date", query.first("X-Amz-Date")),
            expires: query.first("X-Amz-Expires"),
            session_token: query
                .first("X-Amz-Security-Token")
                .map(Cow::Owned)
                .or_else(|| headers.value(SECURITY_TOKEN_HEADER)),
        };
        if missing.is_empty() {
            Ok(parameters)
        } else {
            Err(Error::IncompleteQuery(missing.join(" ")))
        }
    }
}

/// The parts of the `Authorization` header; of a repeated part, the last counts.
#[derive(Default)]
struct AuthorizationHeader<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> AuthorizationHeader<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, Error> {
        let text = str::from_utf8(value).map_err(|_| Error::MissingAuthenticationToken)?;
        let (scheme, parts) = split_scheme(text.trim_ascii());
        if scheme != ALGORITHM {
            // A scheme that is not of AWS is not ours to judge, and might itself be a secret.
            return Err(if scheme.starts_with("AWS") {
                Error::UnsupportedAlgorithm(Echo::new(scheme))
            } else {
                Error::MissingAuthenticationToken
            });
        }
        let mut header = Self::default();
        let parts = parts.split(',').map(str::trim_ascii);
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| Error::NotKeyValue(Echo::leading_letters(part)))?;
            match key {
                "Credential" => header.credential = Some(value),
                "SignedHeaders" => header.signed_headers = Some(value),
                "Signature" => header.signature = Some(value),
                _ => {}
            }
        }
        Ok(header)
    }

    fn missing(&self, has_date: bool) -> Error {
        let texts = [
            (
                self.credential.is_some(),
                "Authorization header requires 'Credential' parameter.",
            ),
            (
                self.signature.is_some(),
                "Authorization header requires 'Signature' parameter.",
            ),
            (
                self.signed_headers.is_some(),
                "Authorization header requires 'SignedHeaders' parameter.",
            ),
            (
                has_date,
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            ),
        ];
        let missing = texts.iter().filter(|(present, _)| !present);
        let texts: Vec<_> = missing.map(|(_, text)| *text).collect();
        Error::IncompleteHeader(texts.join(" "))
    }
}

fn split_scheme(text: &str) -> (&str, &str) {
    text.split_once(|c: char| c.is_ascii_whitespace())
        .unwrap_or((text, ""))
}
