//! Parameters of a call, from the query string and the form body.
//!
//! Clients put them in either place, in any order and with any percent encoding. A parameter
//! that comes twice is refused: which of two values counts is a question that proxies,
//! signatures and handlers would answer differently.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// The most parameters that a call may have; the largest legal one has about 200.
const MAX_PARAMETERS: usize = 512;

/// The longest name that an error repeats.
const MAX_ECHO: usize = 64;

/// The parameters cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A `%` that two hexadecimal digits do not follow.
    #[error("Illegal hex character in escape % pattern")]
    BadEscape,
    /// A parameter that appears twice, in the query, in the body or in both.
    #[error("The parameter '{0}' was given more than once.")]
    Duplicate(String),
    /// List members that are not numbered 1, 2, 3 and so on.
    #[error("The members of the list '{0}' are not numbered from 1 without gaps.")]
    List(String),
    /// The decoded text is not UTF-8.
    #[error("The parameters are not valid UTF-8.")]
    NotUtf8,
    /// More parameters than any call can use.
    #[error("The request has too many parameters.")]
    TooMany,
    /// A `%` at the end, with fewer than two characters behind it.
    #[error("Incomplete trailing escape % sequence")]
    TrailingEscape,
    /// A parameter that the action does not have.
    #[error("The parameter '{0}' is not supported by this action.")]
    Unknown(String),
}

/// Decoded parameters. Handlers take what they know; what is left over is refused.
///
/// Values may be passwords or tokens, so `Debug` shows names only and values are zeroized.
#[derive(Default)]
pub struct Parameters(BTreeMap<String, Zeroizing<String>>);

impl Parameters {
    /// Reads query string and form body. The query's `X-Amz-*` parameters belong to the
    /// signature and are left out.
    pub fn parse(query: &str, body: &[u8]) -> Result<Self, QueryError> {
        let mut parameters = Self(BTreeMap::new());
        for part in pairs(query.as_bytes()) {
            parameters.insert(Source::Query, part)?;
        }
        for part in pairs(body) {
            parameters.insert(Source::Body, part)?;
        }
        Ok(parameters)
    }

    /// The value of `name`, which then counts as used.
    pub fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        self.0.remove(name)
    }

    /// The value of `name`, which stays.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|v| v.as_str())
    }

    /// The members of a list of scalars: `Name.member.1`, `Name.member.2`, and so on.
    ///
    /// `Name=` with an empty value is how SDKs send an empty list.
    pub fn take_list(&mut self, name: &str) -> Result<Vec<Zeroizing<String>>, QueryError> {
        let members = self.take_members(name)?;
        members
            .into_iter()
            .map(|mut fields| match (fields.remove(""), fields.is_empty()) {
                (Some(value), true) => Ok(value),
                _ => Err(QueryError::List(name.to_owned())),
            })
            .collect()
    }

    /// The members of a list of structures: `Name.member.1.Field`, and so on.
    pub fn take_members(&mut self, name: &str) -> Result<Vec<Member>, QueryError> {
        if self.get(name).is_some_and(str::is_empty) {
            self.take(name);
        }
        let prefix = format!("{name}.member.");
        let names: Vec<String> = self
            .0
            .range(prefix.clone()..)
            .map(|(k, _)| k.clone())
            .take_while(|k| k.starts_with(&prefix))
            .collect();
        let mut members: BTreeMap<usize, Member> = BTreeMap::new();
        for full in names {
            let rest = full.strip_prefix(&prefix).unwrap_or_default();
            let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
            let number = list_index(number).ok_or_else(|| QueryError::List(name.to_owned()))?;
            if let Some(value) = self.take(&full) {
                members
                    .entry(number)
                    .or_default()
                    .insert(field.to_owned(), value);
            }
        }
        if members.keys().copied().ne(1..=members.len()) {
            return Err(QueryError::List(name.to_owned()));
        }
        Ok(members.into_values().collect())
    }

    /// Takes a token that somebody else has issued, without the white space around it: SDKs send
    /// a token's file as it is, and many an editor ends the last line.
    pub fn take_token(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let text = self.take(name)?;
        Some(Zeroizing::new(text.trim_ascii().to_owned()))
    }

    /// Refuses whatever no handler has taken.
    pub fn finish(self) -> Result<(), QueryError> {
        self.0
            .into_keys()
            .next()
            .map_or(Ok(()), |name| Err(QueryError::Unknown(echo(&name))))
    }

    fn insert(&mut self, source: Source, part: &[u8]) -> Result<(), QueryError> {
        let (name, value) = split_pair(part);
        let name = decode(name)?;
        if matches!(source, Source::Query) && is_signature_parameter(&name) {
            return Ok(());
        }
        if self.0.len() >= MAX_PARAMETERS {
            return Err(QueryError::TooMany);
        }
        let value = decode(value)?;
        match self.0.insert(name.as_str().to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(QueryError::Duplicate(echo(&name))),
        }
    }
}

/// One member of a list: its fields by name, `""` for a scalar.
pub type Member = BTreeMap<String, Zeroizing<String>>;

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[derive(Clone, Copy)]
enum Source {
    Query,
    Body,
}

fn pairs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'&').filter(|part| !part.is_empty())
}

fn split_pair(part: &[u8]) -> (&[u8], &[u8]) {
    part.iter()
        .position(|&b| b == b'=')
        .and_then(|at| part.split_at_checked(at))
        .map_or((part, &[]), |(name, value)| {
            (name, value.get(1..).unwrap_or_default())
        })
}

/// Names compare without case here: a signature parameter in any spelling is none of ours.
fn is_signature_parameter(name: &str) -> bool {
    name.get(..6)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"))
}

/// Decimal, without sign or leading zero, small.
fn list_index(text: &str) -> Option<usize> {
    let plain = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (plain && !text.starts_with('0')).then(|| text.parse().ok())?
}

fn decode(text: &[u8]) -> Result<Zeroizing<String>, QueryError> {
    check_escapes(text)?;
    let spaced: Cow<'_, [u8]> = if text.contains(&b'+') {
        text.iter()
            .map(|&b| if b == b'+' { b' ' } else { b })
            .collect::<Vec<_>>()
            .into()
    } else {
        text.into()
    };
    let decoded: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(decoded)
        .map(Zeroizing::new)
        .map_err(|_| QueryError::NotUtf8)
}

/// The decoder passes broken escapes on as they are; here they are errors.
fn check_escapes(text: &[u8]) -> Result<(), QueryError> {
    for (at, _) in text.iter().enumerate().filter(|&(_, &b)| b == b'%') {
        match text.get(at + 1..at + 3) {
            None => return Err(QueryError::TrailingEscape),
            Some(digits) if !digits.iter().all(u8::is_ascii_hexdigit) => {
                return Err(QueryError::BadEscape);
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn echo(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .take(MAX_ECHO)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(query: &str, body: &str) -> Result<Parameters, QueryError> {
        Parameters::parse(query, body.as_bytes())
    }

    #[test]
    fn query_and_body_are_one_set() {
        let p = parse(
            "Action=AssumeRole&Version=2011-06-15",
            "DurationSeconds=900&&X=",
        )
        .unwrap();
        assert_eq!(p.get("Action"), Some("AssumeRole"));
        assert_eq!(p.get("DurationSeconds"), Some("900"));
        assert_eq!(p.get("X"), Some(""));
    }

    #[test]
    fn spaces_come_as_plus_and_as_escape() {
        let p = parse("a=x+y&b=x%20y&c=x%2by&%64=1", "").unwrap();
        assert_eq!(
            (p.get("a"), p.get("b"), p.get("c"), p.get("d")),
            (Some("x y"), Some("x y"), Some("x+y"), Some("1"))
        );
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        for (query, body) in [("a=1&a=1", ""), ("", "a=1&%61=2"), ("a=1", "a=2")] {
            assert_eq!(
                parse(query, body).unwrap_err(),
                QueryError::Duplicate("a".to_owned())
            );
        }
    }

    #[test]
    fn broken_encodings_are_refused() {
        assert_eq!(parse("a=%", "").unwrap_err(), QueryError::TrailingEscape);
        assert_eq!(parse("a=%4", "").unwrap_err(), QueryError::TrailingEscape);
        assert_eq!(parse("a=%zz", "").unwrap_err(), QueryError::BadEscape);
        assert_eq!(parse("a=%ff", "").unwrap_err(), QueryError::NotUtf8);
        assert_eq!(
            Parameters::parse("", b"a=\xff").unwrap_err(),
            QueryError::NotUtf8
        );
    }

    #[test]
    fn too_many_parameters_are_refused() {
        let body: Vec<String> = (0..100_000).map(|n| format!("p{n}=1")).collect();
        assert_eq!(parse("", &body.join("&")).unwrap_err(), QueryError::TooMany);
    }

    #[test]
    fn signature_parameters_are_left_out_of_the_query_only() {
        let p = parse("X-Amz-Signature=1&x-amz-date=2&Action=A", "X-Amz-Date=3").unwrap();
        assert_eq!(format!("{p:?}"), r#"{"Action", "X-Amz-Date"}"#);
    }

    #[test]
    fn lists_are_numbered_from_one() {
        let mut p = parse("T.member.2.Key=b&T.member.1.Key=a&T.member.1.Value=", "").unwrap();
        let members = p.take_members("T").unwrap();
        assert_eq!(
            members
                .iter()
                .map(|m| m["Key"].as_str())
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
        p.finish().unwrap();
        for bad in [
            "T.member.2.Key=a",
            "T.member.0=a",
            "T.member.01=a",
            "T.member.x=a",
            "T.member.=a",
        ] {
            assert_eq!(
                parse(bad, "").unwrap().take_members("T").unwrap_err(),
                QueryError::List("T".to_owned()),
                "{bad}"
            );
        }
        assert!(parse("T=", "").unwrap().take_list("T").unwrap().is_empty());
        assert_eq!(
            parse("T.member.1=x", "")
                .unwrap()
                .take_list("T")
                .unwrap()
                .len(),
            1
        );
        assert!(
            parse("T.member.1.Key=x", "")
                .unwrap()
                .take_list("T")
                .is_err()
        );
    }

    #[test]
    fn what_no_handler_took_is_refused() {
        let mut p = parse("Action=A&Polciy=x", "").unwrap();
        p.take("Action");
        assert_eq!(
            p.finish().unwrap_err(),
            QueryError::Unknown("Polciy".to_owned())
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(query in ".*", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Parameters::parse(&query, &body);
        }

        #[test]
        fn encoded_values_come_back(value in ".*") {
            let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
            let p = parse(&format!("v={encoded}"), "").unwrap();
            prop_assert_eq!(p.get("v"), Some(value.as_str()));
        }
    }
}
