//! What went wrong, as code and public text, with the cause for the log.

use std::error::Error;

use model::error::ErrorCode;

use crate::wire::Api;

/// An error reply in the making: what the caller may know, and the cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Fault {
    /// Fixes status and type.
    pub code: ErrorCode,
    /// Helps the caller and gives nothing away.
    pub message: String,
    /// The API whose action failed, once that is known.
    pub api: Option<&'static Api>,
    /// What the log gets to see.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault whose public text says everything.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            api: None,
            source: None,
        }
    }

    /// A fault with a fixed public text; the cause goes to the log.
    pub fn caused_by(
        code: ErrorCode,
        message: &str,
        cause: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            code,
            message: message.to_owned(),
            api: None,
            source: Some(Box::new(cause)),
        }
    }

    /// The same, of an action of that API.
    #[must_use]
    pub fn of(self, api: &'static Api) -> Self {
        Self {
            api: Some(api),
            ..self
        }
    }

    /// Something broke here.
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::caused_by(
            ErrorCode::InternalFailure,
            "The request processing has failed because of an internal error.",
            cause,
        )
    }
}
