//! Logs: one JSON object per line on standard output.
//!
//! What happens within a call is logged through `tracing`, as much as `STS_LOG` says. The line
//! that ends a call and the events of the audit trail are written whatever it says. Libraries
//! log from `WARN` up only: below that an SDK prints whole requests, and those hold what must
//! not be in a log.

mod audit;
mod call;
mod ended;
mod metrics;

use std::io::Write as _;

use serde::Serialize;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub(crate) use audit::AuditLine;
pub(crate) use call::CallLine;
pub(crate) use ended::Ended;
pub(crate) use metrics::Metrics;

/// Whose lines `STS_LOG` rules, by the beginnings of their targets. A crate's bare name would be
/// the beginning of other crates' names as well.
const OURS: [&str; 6] = [
    "aws::", "config::", "domain::", "keys::", "shared::", "store::",
];

/// Sends this process's logs to standard output; a second call does nothing.
pub fn init(level: Level) {
    let ours = LevelFilter::from_level(level);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|name| (name, ours)));
    let format = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    // An error means that a subscriber exists already.
    let _initialised = tracing_subscriber::registry()
        .with(filter)
        .with(format)
        .try_init();
    std::panic::set_hook(Box::new(|info| {
        // A panic's message may quote a value; its place is enough to find the cause.
        let location = info.location().map(ToString::to_string);
        tracing::error!(location, "a panic was caught");
    }));
}

/// Writes an object as one line of the log. Lines of several tasks do not mix.
pub fn write_line(line: &impl Serialize) {
    let Ok(mut bytes) = serde_json::to_vec(line) else {
        tracing::error!("a line of the log could not be written as JSON");
        return;
    };
    bytes.push(b'\n');
    // Without standard output there is nobody to tell.
    let _written = std::io::stdout().lock().write_all(&bytes);
}
