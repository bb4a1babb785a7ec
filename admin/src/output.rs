//! What a command answers, for people and for programs.

use serde_json::Value;

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
    /// Objects of one kind.
    List {
        /// The members that people see, in order.
        columns: &'static [&'static str],
        /// The objects.
        rows: Vec<Value>,
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

    /// Whether the command's exit code has to say that something is wrong.
    pub(crate) const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// The text to print, with the last line's end.
    pub(crate) fn render(&self, format: Format) -> String {
        match (format, self) {
            (
                Format::Json,
                Self::Done { record, .. }
                | Self::Failed { record, .. }
                | Self::Record { record, .. },
            ) => {
                format!("{record:#}\n")
            }
            (Format::Json, Self::List { rows, .. }) => {
                format!("{:#}\n", Value::Array(rows.clone()))
            }
            (Format::Table, Self::Done { lines, .. } | Self::Failed { lines, .. }) => {
                lines.join("\n") + "\n"
            }
            (Format::Table, Self::List { columns, rows }) => table(columns, rows),
            (Format::Table, Self::Record { columns, record }) => {
                let pair = |c: &&str| vec![(*c).to_uppercase(), cell(record, c)];
                aligned(&columns.iter().map(pair).collect::<Vec<_>>())
            }
        }
    }
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let head = columns.iter().map(|c| c.to_uppercase()).collect();
    let body = rows
        .iter()
        .map(|row| columns.iter().map(|c| cell(row, c)).collect());
    aligned(&std::iter::once(head).chain(body).collect::<Vec<_>>())
}

fn cell(object: &Value, member: &str) -> String {
    object.get(member).map_or_else(String::new, plain)
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
        };
        insta::assert_snapshot!(list.render(Format::Table), @r"
        NAME    POLICIES  LIMIT
        é       a,b       -
        foobar  -         900
        ");
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
