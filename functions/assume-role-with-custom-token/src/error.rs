//! Why `AssumeRoleWithCustomToken` issues nothing.

use shared::error::ErrorCode;
use shared::fault::Fault;
use shared::issuing::IssueError;
use shared::keys::SealError;
use shared::permissions::PermissionError;
use shared::session::ParameterError;
use shared::store::StoreError;
use shared::wire::ValidationError;

use crate::plugin::PluginError;

/// The errors of this action.
#[derive(Debug, thiserror::Error)]
pub enum CustomTokenError {
    /// A policy, a limit or the store forbids it.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The parameters are not acceptable.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The plugin gave no usable answer.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The plugin does not vouch for the token; it may say why.
    #[error("the plugin refused the token")]
    Refused(Option<String>),
    /// The role is not that of an enabled plugin.
    #[error("no enabled plugin has this role")]
    Role,
    /// The plugin's stored authorization does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The plugin's settings could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token is too long for the URL that it would be sent in.
    #[error("the token is longer than {0} characters in a URL")]
    TokenTooLong(usize),
}

/// What the role's policies say, or that they cannot be had.
impl From<PermissionError> for CustomTokenError {
    fn from(error: PermissionError) -> Self {
        Self::Issue(error.into())
    }
}

impl CustomTokenError {
    /// Whether somebody tried a token that is not good, or a role that is none.
    pub(crate) const fn is_failed_attempt(&self) -> bool {
        match self {
            Self::Plugin(error) => error.is_refusal(),
            Self::Refused(_) | Self::Role | Self::TokenTooLong(_) => true,
            Self::Issue(_) | Self::Parameters(_) | Self::Seal(_) | Self::Store(_) => false,
        }
    }
}

impl From<CustomTokenError> for Fault {
    fn from(error: CustomTokenError) -> Self {
        match error {
            CustomTokenError::Issue(error) => error.into(),
            CustomTokenError::Parameters(error) => error.into(),
            CustomTokenError::Plugin(error) => Self::caused_by(
                ErrorCode::IdpCommunicationError,
                "The identity provider could not be reached or gave no usable answer.",
                error,
            ),
            CustomTokenError::Refused(reason) => {
                let reason = reason.as_deref().unwrap_or("the token was not accepted");
                Self::new(
                    ErrorCode::AccessDenied,
                    format!("The identity provider refused the token: {reason}"),
                )
            }
            CustomTokenError::Role => Self::new(
                ErrorCode::AccessDenied,
                "Not authorized to perform sts:AssumeRoleWithCustomToken",
            ),
            CustomTokenError::Seal(error) => Self::internal(error),
            CustomTokenError::Store(error) => error.into(),
            CustomTokenError::TokenTooLong(max) => ValidationError::single(format!(
                "Value at 'token' failed to satisfy constraint: Member must have length less than or equal to {max} when encoded for a URL"
            ))
            .into(),
        }
    }
}
