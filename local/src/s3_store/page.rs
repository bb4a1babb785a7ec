//! Parts of sorted lists, with names rolled up to what they have in common.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CommonPrefix, EncodingType};
use s3s::{S3Result, s3_error};

/// What `encoding-type=url` escapes: all but the unreserved characters and the slash.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Which part of a list is asked for.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) prefix: &'a str,
    /// Where names are cut off, after the prefix.
    pub(super) delimiter: Option<&'a str>,
    /// What the last page ended with.
    pub(super) after: &'a str,
    /// How many items and common prefixes a page has at most.
    max: usize,
}

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// What stands for items with the delimiter in their names.
    pub(super) prefixes: Vec<String>,
    /// The last name or common prefix, if there are more.
    pub(super) next: Option<String>,
}

impl<'a> Query<'a> {
    /// An empty prefix or delimiter is none.
    pub(super) fn new(
        prefix: Option<&'a str>,
        delimiter: Option<&'a str>,
        after: &'a str,
        max: Option<i32>,
        most: i32,
    ) -> S3Result<Self> {
        let max = usize::try_from(max.unwrap_or(most).min(most));
        Ok(Self {
            prefix: prefix.unwrap_or_default(),
            delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()),
            after,
            max: max.map_err(|_| s3_error!(InvalidArgument, "The limit of a list is negative."))?,
        })
    }

    /// How long a page may be, as the protocol's fields have it.
    pub(super) fn max(&self) -> i32 {
        i32::try_from(self.max).unwrap_or(i32::MAX)
    }

    /// What stands for a name that has the prefix and, behind it, the delimiter.
    fn common_prefix<'n>(&self, name: &'n str) -> Option<&'n str> {
        let delimiter = self.delimiter?;
        let at = name.strip_prefix(self.prefix)?.find(delimiter)?;
        name.get(..self.prefix.len() + at + delimiter.len())
    }
}

impl<T> Page<T> {
    /// The page of items that are sorted by their names and follow the page before. A common
    /// prefix that ended that page is not repeated.
    pub(super) fn of(
        sorted: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> &str,
        query: &Query<'_>,
    ) -> Self {
        let mut page = Self {
            items: Vec::new(),
            prefixes: Vec::new(),
            next: None,
        };
        let mut last = String::new();
        for item in sorted {
            let group = query.common_prefix(name(&item));
            let is_known = group.is_some_and(|group| group == last || group == query.after);
            if query.max == 0 || is_known || !name(&item).starts_with(query.prefix) {
                continue;
            }
            if page.items.len() + page.prefixes.len() == query.max {
                page.next = Some(last);
                break;
            }
            group.unwrap_or_else(|| name(&item)).clone_into(&mut last);
            match group {
                Some(_) => page.prefixes.push(last.clone()),
                None => page.items.push(item),
            }
        }
        page
    }

    /// How many entries the page has, as the protocol's fields have it.
    pub(super) fn count(&self) -> i32 {
        i32::try_from(self.items.len() + self.prefixes.len()).unwrap_or(i32::MAX)
    }
}

/// The end of a page in a form that clients send back as they got it.
pub(super) fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// Reads a [`token`].
pub(super) fn untoken(token: &str) -> S3Result<String> {
    let last = URL_SAFE_NO_PAD.decode(token).ok();
    last.and_then(|last| String::from_utf8(last).ok())
        .ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            )
        })
}

/// How names are written into a list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    pub(super) fn of(requested: Option<&EncodingType>) -> S3Result<Self> {
        match requested.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(s3_error!(
                InvalidArgument,
                "Invalid Encoding Method specified in Request"
            )),
        }
    }

    pub(super) fn write(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => utf8_percent_encode(name, ESCAPED).to_string(),
        }
    }

    pub(super) fn common_prefixes(self, prefixes: &[String]) -> Vec<CommonPrefix> {
        let prefixes = prefixes.iter().map(|prefix| CommonPrefix {
            prefix: Some(self.write(prefix)),
        });
        prefixes.collect()
    }
}
