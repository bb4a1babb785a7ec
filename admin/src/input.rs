//! What operators hand over: files, standard input, environment variables.

use std::path::Path;

use zeroize::Zeroizing;

use crate::error::AdminError;

/// Reads a file; `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, AdminError> {
    let read = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map(Into::into).map_err(|source| AdminError::Io {
        path: path.to_owned(),
        source,
    })
}

/// An environment variable that must be set.
pub(crate) fn required_variable(variable: &str) -> Result<Zeroizing<String>, AdminError> {
    optional_variable(variable)
        .ok_or_else(|| AdminError::Refused(format!("environment variable {variable} is not set")))
}

/// An environment variable; an empty one counts as not set.
pub(crate) fn optional_variable(variable: &str) -> Option<Zeroizing<String>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the operator's shell hands these values over; they configure no function"
    )]
    let text = std::env::var(variable).ok().map(Zeroizing::new);
    text.filter(|text| !text.is_empty())
}

/// The names of the environment variables that begin with `prefix` and are not empty, in order.
pub(crate) fn variables_with(prefix: &str) -> Vec<String> {
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let mut names: Vec<String> = set
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_unstable();
    names
}

/// The members of a list as `MinIO` writes it into one value.
pub(crate) fn comma_separated(list: &str) -> Vec<String> {
    let members = list.split(',').map(str::trim).filter(|m| !m.is_empty());
    members.map(str::to_owned).collect()
}
