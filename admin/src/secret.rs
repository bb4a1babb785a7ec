//! Where secrets come from: standard input, an environment variable, a file, or chance.

use std::path::{Path, PathBuf};

use clap::Args;
use operations::authorization::Authorization;
use shared::model::SecretAccessKey;
use shared::random::Random;

use crate::error::AdminError;
use crate::input::{read_text, required_variable};

/// Where a secret comes from. Never the command line: it shows in process lists and history.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct SecretArgs {
    /// Read the secret from standard input
    #[arg(long = "secret-stdin")]
    pub(crate) stdin: bool,
    /// Read the secret from this environment variable
    #[arg(long = "secret-env", value_name = "VARIABLE")]
    pub(crate) variable: Option<String>,
    /// Read the secret from this file
    #[arg(long = "secret-file", value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
}

/// A secret for a user, and whether its owner has yet to be told.
pub(crate) struct NewSecret {
    pub(crate) secret: SecretAccessKey,
    pub(crate) generated: bool,
}

/// Takes the secret from where the arguments say, or generates one.
pub(crate) fn new_secret(
    random: &dyn Random,
    arguments: &SecretArgs,
) -> Result<NewSecret, AdminError> {
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
            secret: SecretAccessKey::generate(random)?,
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

fn parse(text: &str, origin: &str) -> Result<SecretAccessKey, AdminError> {
    SecretAccessKey::parse(text).map_err(|violation| {
        AdminError::Refused(format!("the secret in {origin} is unusable: {violation}"))
    })
}

/// Where an operator says that an authorization is: `auth_token`, `auth_token_env` and
/// `auth_token_file`.
pub(crate) type AuthorizationEntry = (Option<Authorization>, Option<String>, Option<PathBuf>);

/// Takes an authorization from where the operator says; a file is looked for in `base`.
pub(crate) fn authorization(
    whose: &str,
    entry: AuthorizationEntry,
    base: &Path,
) -> Result<Option<Authorization>, AdminError> {
    let text = match entry {
        (given, None, None) => return Ok(given),
        (None, Some(variable), None) => required_variable(&variable)?,
        (None, None, Some(path)) => read_text(&base.join(path))?,
        _ => {
            return Err(AdminError::Refused(format!(
                "{whose} may have one of auth_token, auth_token_env and auth_token_file"
            )));
        }
    };
    Authorization::parse(text.trim_end_matches(['\r', '\n']))
        .map(Some)
        .map_err(|error| AdminError::Refused(format!("{whose}: {error}")))
}
