//! Where secrets come from: standard input, an environment variable, a file, or chance.

use std::path::Path;

use shared::model::SecretAccessKey;
use zeroize::Zeroizing;

use crate::args::SecretArgs;
use crate::context::{Admin, read_text};
use crate::error::AdminError;

/// A secret for a user, and whether its owner has yet to be told.
pub(crate) struct NewSecret {
    pub(crate) secret: SecretAccessKey,
    pub(crate) generated: bool,
}

/// Takes the secret from where the arguments say, or generates one.
pub(crate) fn new_secret(admin: &Admin, arguments: &SecretArgs) -> Result<NewSecret, AdminError> {
    let given = |secret| NewSecret {
        secret,
        generated: false,
    };
    if arguments.stdin {
        from_file(Path::new("-")).map(given)
    } else if let Some(variable) = &arguments.variable {
        from_variable(variable).map(given)
    } else if let Some(path) = &arguments.file {
        from_file(path).map(given)
    } else {
        Ok(NewSecret {
            secret: SecretAccessKey::generate(&admin.random)?,
            generated: true,
        })
    }
}

/// The secret in a file, without the line's end; `-` is standard input.
pub(crate) fn from_file(path: &Path) -> Result<SecretAccessKey, AdminError> {
    let text = read_text(path)?;
    parse(
        text.trim_end_matches(['\r', '\n']),
        &path.display().to_string(),
    )
}

/// The secret in an environment variable.
pub(crate) fn from_variable(variable: &str) -> Result<SecretAccessKey, AdminError> {
    parse(&required_variable(variable)?, variable)
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

fn parse(text: &str, origin: &str) -> Result<SecretAccessKey, AdminError> {
    SecretAccessKey::parse(text).map_err(|violation| {
        AdminError::Refused(format!("the secret in {origin} is unusable: {violation}"))
    })
}
