//! Text that somebody else chose, made fit to be shown.
//!
//! A terminal acts on control characters, and characters that order text or show nothing make
//! one text look like another.

use std::fmt::Write as _;

use shared::model::is_hidden;

/// The text on one line: what does not show is written as `\u{2028}`.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A JSON document: what does not show is written as JSON writes it, so that the document says
/// the same as before. Its lines stay, and a tab between its tokens becomes a blank.
pub(crate) fn json(document: &str) -> String {
    let mut shown = String::with_capacity(document.len());
    for c in document.replace("\r\n", "\n").chars() {
        match c {
            '\n' => shown.push('\n'),
            // No JSON string has either of them as it is.
            '\t' | '\r' => shown.push(' '),
            c if is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _written = write!(shown, "\\u{unit:04x}");
                }
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_shows_is_shown_as_it_is() {
        for text in [
            "",
            "a b",
            "caf\u{e9}",
            "\u{65e5}\u{672c}",
            "\u{1f511}",
            r"\u202e",
            "\"'",
        ] {
            assert_eq!(line(text), text);
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn what_a_terminal_acts_on_or_hides_is_written_out() {
        for c in [
            '\0',
            '\u{7}',
            '\t',
            '\n',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let text = format!("a{c}b");
            assert_eq!(line(&text), format!("a{}b", c.escape_unicode()));
        }
    }

    #[test]
    fn a_document_says_the_same_as_before() {
        let value = json!({"a\u{202e}": ["\u{e0041}", "\u{9b}", "line\nend", "\u{feff}"]});
        for document in [value.to_string(), format!("{value:#}")] {
            let shown = json(&document);
            assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
            assert!(!shown.contains(|c| is_hidden(c) && c != '\n'), "{shown}");
        }
        assert_eq!(json("{\r\n\t\"a\":\r1}"), "{\n \"a\": 1}");
    }
}
