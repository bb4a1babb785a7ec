//! The canonical query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::encoding;
use super::error::Error;

/// The parameters of a query, canonically encoded.
pub(super) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Takes the parameters in order of arrival; one without `=` has an empty value.
    pub(super) fn parse(raw: &'a str) -> Result<Self, Error> {
        raw.split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                Ok((encoding::canonical(name)?, encoding::canonical(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The decoded value of the first parameter of this name, which consists of unreserved
    /// characters only. Before [`Self::sort`], the first is the first to arrive.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(n, _)| n == name)?;
        Some(decode(value))
    }

    /// Like [`Self::first`], and removes the parameter.
    pub(super) fn take_first(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(n, _)| n == name)?;
        Some(decode(&self.0.remove(position).1))
    }

    /// Sorts by encoded name, then by encoded value.
    pub(super) fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// Appends `name=value&name=value`.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (i, (name, value)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(value.as_bytes());
        }
    }
}

fn decode(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}
