//! A call that has ended, as all lines about it see it.

use std::time::Duration;

use clock::LogTime;
use domain::fault::Fault;
use domain::record::Record;

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'a> {
    pub(crate) record: &'a Record,
    pub(crate) request_id: &'a str,
    pub(crate) trace_id: Option<&'a str>,
    pub(crate) at: LogTime,
    pub(crate) duration: Duration,
    pub(crate) fault: Option<&'a Fault>,
}

impl Ended<'_> {
    /// `OK`, or the error's code.
    pub(crate) fn code(&self) -> &'static str {
        self.fault.map_or("OK", |fault| fault.code.as_str())
    }

    pub(crate) fn duration_ms(&self) -> f64 {
        self.duration.as_secs_f64() * 1000.0
    }
}
