//! `audit`: the events of the audit trail, read back from where the functions wrote them.

#[cfg(feature = "stack")]
mod cloudwatch;
#[cfg(not(feature = "stack"))]
#[path = "no_cloudwatch.rs"]
mod cloudwatch;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use shared::clock::{Clock as _, SystemClock, UnixTime};

use crate::error::AdminError;
use crate::global::Global;
use crate::input::read_text;
use crate::output::{Format, Output};

use cloudwatch::LogGroups;

/// How often `--follow` looks for more.
const POLL: Duration = Duration::from_secs(5);

/// What people see of an event, in order.
const COLUMNS: [&str; 8] = [
    "timestamp",
    "event",
    "action",
    "code",
    "caller",
    "session",
    "source_ip",
    "revoked",
];

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the events of the stack's functions, or of a file of their log lines
    Tail(TailArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// A file with log lines, such as `.local/log/functions.log`; `-` reads standard input
    #[arg(long, value_name = "PATH", conflicts_with = "follow")]
    file: Option<PathBuf>,
    /// How far back, such as 30m, 12h or 7d
    #[arg(long, default_value = "1h", value_parser = parse_age, value_name = "AGE")]
    since: i64,
    /// Go on printing events as they come, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Only events of this kind
    #[arg(long, value_enum)]
    event: Option<Event>,
    /// Only those of this caller
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// Only those of this session
    #[arg(long, value_name = "ACCESS_KEY")]
    session: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Event {
    /// A session was issued
    Issued,
    /// A session or a revocation was refused
    Refused,
    /// A session, or all of a parent, were revoked
    Revoked,
}

/// Carries out the command.
pub(crate) async fn run(global: &Global, command: AuditCommand) -> Result<Output, AdminError> {
    let AuditCommand::Tail(arguments) = command;
    let since = SystemClock.now().plus(-arguments.since);
    if let Some(path) = &arguments.file {
        return Ok(output(arguments.events(&read_text(path)?, since)));
    }
    let mut groups = LogGroups::connect(global, since).await?;
    if !arguments.follow {
        return Ok(output(arguments.events(&groups.read().await?, since)));
    }
    loop {
        let text = output(arguments.events(&groups.read().await?, since)).render(global.output);
        // Whoever read the output had enough.
        if global.output == Format::Table
            && std::io::stdout().lock().write_all(text.as_bytes()).is_err()
        {
            return Ok(output(Vec::new()));
        }
        tokio::time::sleep(POLL).await;
    }
}

impl TailArgs {
    /// The events among lines of logs that were asked for, the oldest first.
    fn events(&self, lines: &str, since: UnixTime) -> Vec<Value> {
        let mut events: Vec<Value> = lines
            .lines()
            // Tools that pass on a function's output put a prefix before it.
            .filter_map(|line| serde_json::from_str(line.get(line.find('{')?..)?).ok())
            .filter(|event| self.wants(event, &since.iso8601()))
            .collect();
        events.sort_by(|a, b| text(a, "timestamp").cmp(text(b, "timestamp")));
        events
    }

    fn wants(&self, event: &Value, since: &str) -> bool {
        let is = |name, wanted: Option<&str>| wanted.is_none_or(|it| text(event, name) == it);
        let kind = self.event.and_then(|kind| {
            let value = kind.to_possible_value()?;
            Some(value.get_name().to_owned())
        });
        text(event, "message") == "audit"
            && text(event, "timestamp") >= since
            && is("event", kind.as_deref())
            && is("caller", self.caller.as_deref())
            && is("session", self.session.as_deref())
    }
}

fn text<'a>(event: &'a Value, name: &str) -> &'a str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn output(events: Vec<Value>) -> Output {
    let line = |event: &Value| {
        let shown = COLUMNS.map(|name| match text(event, name) {
            "" => "-",
            value => value,
        });
        shown.join("  ")
    };
    Output::Done {
        lines: events.iter().map(line).collect(),
        record: Value::Array(events),
    }
}

/// Seconds of an age such as `30m`.
fn parse_age(text: &str) -> Result<i64, String> {
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .unwrap_or(("", ""));
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 0,
    };
    number
        .parse::<u32>()
        .ok()
        .filter(|number| seconds > 0 && *number > 0)
        .map(|number| i64::from(number).saturating_mul(seconds))
        .ok_or_else(|| "an age is a number and m, h or d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_number_and_a_unit() {
        assert_eq!(parse_age("30m"), Ok(1800));
        assert_eq!(parse_age("2h"), Ok(7200));
        assert_eq!(parse_age("7d"), Ok(604_800));
        for text in ["", "m", "30", "0h", "-1h", "1w", "1\u{e4}"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
