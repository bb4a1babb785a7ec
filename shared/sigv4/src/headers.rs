//! Header fields of the request, and the list of those that are signed.

use std::borrow::Cow;

use super::error::{Echo, Error};
use super::{DATE_HEADER, Header, SECURITY_TOKEN_HEADER};

/// Checked against the payload itself instead of having to be signed.
pub(super) const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// What proxies in front of a service add, and no object store acts upon.
const OF_PROXIES: [&str; 1] = ["x-amz-cf-id"];

/// Whether a header is one of those that proxies add to requests on their way.
pub fn is_of_proxies(name: &str) -> bool {
    OF_PROXIES.contains(&name)
}

/// Which of the `x-amz-*` headers that arrived must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MustSign {
    /// Those that the signature itself is made of: others are not read.
    ItsOwn,
    /// All but [those that proxies add](is_of_proxies): an object store acts upon many.
    All,
}

impl MustSign {
    fn includes(self, name: &str) -> bool {
        match self {
            Self::ItsOwn => [DATE_HEADER, SECURITY_TOKEN_HEADER].contains(&name),
            Self::All => name != CONTENT_SHA256 && !is_of_proxies(name),
        }
    }
}

/// The request's header fields, sorted by name; repeated ones stay in order of arrival.
pub(super) struct Headers<'a>(Vec<Header<'a>>);

impl<'a> Headers<'a> {
    pub(super) fn new(headers: &[Header<'a>]) -> Self {
        let mut sorted = headers.to_vec();
        sorted.sort_by_key(|(name, _)| *name);
        Self(sorted)
    }

    /// All fields of this name.
    pub(super) fn all(&self, name: &str) -> &[Header<'a>] {
        self.run(|n| n < name, |n| n == name)
    }

    /// The value of a field, repeated ones joined with commas.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.all(name) {
            [] => None,
            [(_, value)] => Some(String::from_utf8_lossy(value.trim_ascii())),
            many => {
                let mut joined = Vec::new();
                write_values(many, &mut joined);
                Some(String::from_utf8_lossy(&joined).into_owned().into())
            }
        }
    }

    fn starting_with(&self, prefix: &str) -> &[Header<'a>] {
        self.run(|n| n < prefix, |n| n.starts_with(prefix))
    }

    /// The fields behind those with `before` that have `within`.
    fn run(&self, before: impl Fn(&str) -> bool, within: impl Fn(&str) -> bool) -> &[Header<'a>] {
        let start = self.0.partition_point(|(name, _)| before(name));
        let rest = self.0.get(start..).unwrap_or_default();
        let length = rest.partition_point(|(name, _)| within(name));
        rest.get(..length).unwrap_or_default()
    }
}

/// The names of the signed headers, each once and in ascending order. One that is not in
/// lower case names a header that did not arrive.
pub(super) struct SignedHeaders<'a>(Cow<'a, str>);

impl<'a> SignedHeaders<'a> {
    /// Takes the list as sent and checks that what must be signed is: `host`, the header
    /// with the time of signing, and every `x-amz-*` header of `must_sign` that arrived.
    pub(super) fn check(
        list: Cow<'a, str>,
        date_header: Option<&str>,
        must_sign: MustSign,
        headers: &Headers<'_>,
    ) -> Result<Self, Error> {
        let signed = Self(list);
        if !signed.contains("host") {
            return Err(Error::HostNotSigned);
        }
        if !signed.names().is_sorted_by(|a, b| a < b) {
            return Err(Error::SignatureDoesNotMatch);
        }
        let unsigned_date = date_header.filter(|name| !signed.contains(name));
        let unsigned = || signed.first_unsigned(must_sign, headers.starting_with("x-amz-"));
        match unsigned_date.or_else(unsigned) {
            Some(name) => Err(Error::UnsignedHeader(Echo::new(name))),
            None => Ok(signed),
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split(';')
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends a line for each signed header and an empty one.
    ///
    /// Gateways drop `Content-Length` and `Expect`: when one of them is signed and did not
    /// arrive, its value follows from the body's length or is the only one there is.
    pub(super) fn write(
        &self,
        headers: &Headers<'_>,
        body_length: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        for name in self.names() {
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            match (headers.all(name), name, body_length) {
                ([], "content-length", Some(length)) => {
                    out.extend_from_slice(length.to_string().as_bytes());
                }
                ([], "expect", _) => out.extend_from_slice(b"100-continue"),
                ([], ..) => return Err(Error::SignatureDoesNotMatch),
                (values, ..) => write_values(values, out),
            }
            out.push(b'\n');
        }
        out.push(b'\n');
        Ok(())
    }

    /// Walks both sorted lists once, so that long ones cost no more than their length.
    fn first_unsigned<'h>(&self, must_sign: MustSign, headers: &[Header<'h>]) -> Option<&'h str> {
        let mut signed = self.names().peekable();
        let mut names = headers.iter().map(|(name, _)| *name);
        names.find(|name| {
            while signed.next_if(|s| s < name).is_some() {}
            signed.peek() != Some(name) && must_sign.includes(name)
        })
    }
}

/// Appends the values joined with commas, each without outer and with single inner spaces.
fn write_values(fields: &[Header<'_>], out: &mut Vec<u8>) {
    for (i, (_, value)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let words = value.split(u8::is_ascii_whitespace);
        for (j, word) in words.filter(|word| !word.is_empty()).enumerate() {
            if j > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}
