//! What a command answers, for people and for programs.
//!
//! Whatever is printed passes here, and with it every value that somebody else chose: nothing
//! reaches a terminal that it would act on, or that would not show.

use std::io::Write as _;

use serde_json::{Value, json};
use shared::store::{CorruptItem, Listed};

use crate::escape;

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    #[default]
    Table,
    /// JSON
    Json,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Output {
    /// Lines for people, a record for programs.
    Done {
        /// What was done.
        lines: Vec<String>,
        /// The same.
        record: Value,
    },
    /// The same of what did not turn out as expected.
    Failed {
        /// What was done.
        lines: Vec<String>,
        /// The same.
        record: Value,
    },
    /// A JSON document.
    Document {
        /// The document.
        text: String,
        /// What else is known of it.
        record: Value,
    },
    /// Objects of one kind.
    List {
        /// The members that people see, in order.
        columns: &'static [&'static str],
        /// The objects.
        rows: Vec<Value>,
        /// What is in the list and cannot be read.
        corrupt: Vec<CorruptItem>,
    },
    /// One object.
    Record {
        /// The members that people see, in order.
        columns: &'static [&'static str],
        /// The object.
        record: Value,
    },
}

impl Output {
    /// One line for people, a record for programs.
    pub(crate) fn line(line: impl Into<String>, record: Value) -> Self {
        Self::Done {
            lines: vec![line.into()],
            record,
        }
    }

    /// The items of a list as people see them.
    pub(crate) fn list<T>(
        columns: &'static [&'static str],
        listed: Listed<T>,
        view: impl Fn(&T) -> Value,
    ) -> Self {
        Self::List {
            columns,
            rows: listed.items.iter().map(view).collect(),
            corrupt: listed.corrupt,
        }
    }

    /// Whether the command's exit code has to say that something is wrong.
    pub(crate) const fn is_failure(&self) -> bool {
        match self {
            Self::Failed { .. } => true,
            Self::List { corrupt, .. } => !corrupt.is_empty(),
            Self::Document { .. } | Self::Done { .. } | Self::Record { .. } => false,
        }
    }

    /// The text to print, with the last line's end.
    pub(crate) fn render(&self, format: Format) -> String {
        match (format, self) {
            (
                Format::Json,
                Self::Done { record, .. }
                | Self::Document { record, .. }
                | Self::Failed { record, .. }
                | Self::Record { record, .. },
            ) => document(record),
            (Format::Json, Self::List { rows, corrupt, .. }) => {
                let row = |(item, error)| json!({"item": item, "error": error});
                let corrupt = corrupt.iter().map(unreadable).map(row);
                document(&rows.iter().cloned().chain(corrupt).collect())
            }
            (Format::Table, Self::Done { lines, .. } | Self::Failed { lines, .. }) => {
                paragraph(lines)
            }
            (Format::Table, Self::Document { text, .. }) => escape::json(text) + "\n",
            (
                Format::Table,
                Self::List {
                    columns,
                    rows,
                    corrupt,
                },
            ) => {
                let line = |(item, error)| paragraph(&[format!("{item}  {error}")]);
                let corrupt: String = corrupt.iter().map(unreadable).map(line).collect();
                table(columns, rows) + &corrupt
            }
            (Format::Table, Self::Record { columns, record }) => {
                let pair = |c: &&str| vec![(*c).to_uppercase(), cell(record, c)];
                aligned(&columns.iter().map(pair).collect::<Vec<_>>())
            }
        }
    }
}

/// Says on standard error what is wrong.
pub(crate) fn complain(text: &str) {
    // Nobody is left to be told if this fails.
    let _told = writeln!(std::io::stderr(), "sts-admin: {}", escape::line(text));
}

/// Lines for people, with the last line's end.
pub(crate) fn paragraph(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| escape::line(line)).collect();
    lines.join("\n") + "\n"
}

/// The key of an item that cannot be read, and why.
fn unreadable(corrupt: &CorruptItem) -> (&str, String) {
    let error = format!("cannot be read: attribute {}", corrupt.attribute);
    (&corrupt.item, error)
}

fn document(value: &Value) -> String {
    escape::json(&format!("{value:#}\n"))
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let head = columns.iter().map(|c| c.to_uppercase()).collect();
    let body = rows
        .iter()
        .map(|row| columns.iter().map(|c| cell(row, c)).collect());
    aligned(&std::iter::once(head).chain(body).collect::<Vec<_>>())
}

fn cell(object: &Value, member: &str) -> String {
    let text = object.get(member).map_or_else(String::new, plain);
    escape::line(&text)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "-".to_owned(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Pads every cell but a line's last to its column's width.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let padded: Vec<_> = cells.map(|(c, width)| format!("{c:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_aligned() {
        let list = Output::List {
            columns: &["name", "policies", "limit"],
            rows: vec![
                json!({"name": "é", "policies": ["a", "b"], "limit": null}),
                json!({"name": "foobar", "policies": [], "limit": 900}),
            ],
            corrupt: Vec::new(),
        };
        insta::assert_snapshot!(list.render(Format::Table), @r"
        NAME    POLICIES  LIMIT
        é       a,b       -
        foobar  -         900
        ");
    }

    #[test]
    fn what_cannot_be_read_is_a_row_of_the_list_and_a_failure() {
        let list = Output::List {
            columns: &["name"],
            rows: vec![json!({"name": "foobar"})],
            corrupt: vec![CorruptItem {
                item: "USER#a\u{202e}b".to_owned(),
                attribute: "status",
            }],
        };
        assert!(list.is_failure());
        insta::assert_snapshot!(list.render(Format::Table), @r"
        NAME
        foobar
        USER#a\u{202e}b  cannot be read: attribute status
        ");
        insta::assert_snapshot!(list.render(Format::Json), @r#"
        [
          {
            "name": "foobar"
          },
          {
            "error": "cannot be read: attribute status",
            "item": "USER#a\u202eb"
          }
        ]
        "#);
    }

    #[test]
    fn a_record_is_a_line_per_member() {
        let record = Output::Record {
            columns: &["name", "max_session_seconds"],
            record: json!({"name": "foobar", "max_session_seconds": 900, "other": 1}),
        };
        insta::assert_snapshot!(record.render(Format::Table), @r"
        NAME                 foobar
        MAX_SESSION_SECONDS  900
        ");
        insta::assert_snapshot!(record.render(Format::Json), @r#"
        {
          "max_session_seconds": 900,
          "name": "foobar",
          "other": 1
        }
        "#);
    }
}
