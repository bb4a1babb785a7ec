//! What the log says of a call: one line, with the cause of an error in it once.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::Fault;

/// What is known of a call by the time it ends. Names only: no secret, token, signature or
/// parameter that may hold one.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The action, once it is known to exist.
    pub action: Option<&'static str>,
    /// The caller's access key id, once the caller is proven.
    pub caller: Option<String>,
    /// The access key id of the session that was issued or asked about.
    pub session: Option<String>,
    /// Why policies allowed or denied what was asked, where they were asked.
    pub decision: Option<String>,
}

impl Record {
    /// Writes the line.
    pub(super) fn log(&self, request_id: &str, duration: Duration, fault: Option<&Fault>) {
        let code = fault.map_or("OK", |f| f.code.as_str());
        let status = fault.map_or(200, |f| f.code.status());
        let cause = fault
            .and_then(|f| f.source.as_deref())
            .map(|e| Chain(e).to_string());
        let duration_ms = duration.as_secs_f64() * 1000.0;
        let Self {
            action,
            caller,
            session,
            decision,
        } = self;
        if status >= 500 {
            tracing::error!(
                request_id,
                action,
                caller,
                session,
                decision,
                code,
                status,
                cause,
                duration_ms,
                "call"
            );
        } else {
            tracing::info!(
                request_id,
                action,
                caller,
                session,
                decision,
                code,
                status,
                cause,
                duration_ms,
                "call"
            );
        }
    }
}

/// An error with its causes, on one line.
pub(super) struct Chain<'a>(pub(super) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
