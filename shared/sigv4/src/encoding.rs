//! Percent-encoding as Signature Version 4 defines it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::error::{Echo, Error};

/// Everything but `A-Za-z0-9-_.~`.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Decodes a component and encodes it again: only reserved bytes, with upper-case digits.
///
/// A `+` is a plus sign: signers never mean a space by it.
pub(super) fn canonical(raw: &str) -> Result<Cow<'_, str>, Error> {
    check_escapes(raw)?;
    let decoded: Cow<'_, [u8]> = percent_decode_str(raw).into();
    Ok(match decoded {
        Cow::Borrowed(bytes) => percent_encode(bytes, RESERVED).into(),
        Cow::Owned(bytes) => percent_encode(&bytes, RESERVED).to_string().into(),
    })
}

fn check_escapes(raw: &str) -> Result<(), Error> {
    let mut rest = raw;
    while let Some((_, escape)) = rest.split_once('%') {
        let mut digits = escape.chars();
        let (Some(high), Some(low)) = (digits.next(), digits.next()) else {
            return Err(Error::IncompleteEscape);
        };
        if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
            return Err(Error::IllegalEscape(Echo::new(&format!("{high}{low}"))));
        }
        rest = digits.as_str();
    }
    Ok(())
}
