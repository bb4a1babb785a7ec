//! Why no plugin vouches for somebody.

use keys::SealError;
use store::StoreError;

use crate::federation::ProofError;
use crate::outbound::{OutboundError, is_outage};
use crate::session::ParameterError;

/// A plugin did not vouch, and its reply is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The reply is not what the protocol says.
    #[error("the plugin's reply has no valid {0}")]
    Broken(&'static str),
    /// Too many failures in a row; the plugin is left alone for a while.
    #[error("the plugin failed too often and is left alone for a while")]
    CircuitOpen,
    /// No reply.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Neither 200 nor 403.
    #[error("the plugin answered with status {0}")]
    Status(u16),
    /// The configured URL is none.
    #[error("the plugin's URL is not usable")]
    Url,
}

impl PluginError {
    /// Whether the plugin is in trouble, and not just with this one token: else a caller's odd
    /// tokens would shut everybody out.
    pub(super) const fn is_outage(self) -> bool {
        match self {
            Self::Outbound(error) => error.is_outage(),
            Self::Status(status) => is_outage(status),
            Self::Broken(_) | Self::CircuitOpen | Self::Url => false,
        }
    }

    /// Whether the plugin, or a server before it, has refused this one request: the caller has
    /// caused that.
    pub(super) const fn is_refusal(self) -> bool {
        matches!(self, Self::Status(400..=499)) && !self.is_outage()
    }
}

/// The token is no proof.
#[derive(Debug, thiserror::Error)]
pub enum PluginTokenError {
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

impl ProofError for PluginTokenError {
    fn is_failed_attempt(&self) -> bool {
        match self {
            Self::Plugin(error) => error.is_refusal(),
            Self::Refused(_) | Self::Role | Self::TokenTooLong(_) => true,
            Self::Parameters(_) | Self::Seal(_) | Self::Store(_) => false,
        }
    }
}
