//! Which characters of a text show.

/// The characters that are not shown as they are, from the first of a range to its last: all
/// of the general categories Cc, Zl and Zp, and those that are of category Cf or shown as
/// nothing (`Default_Ignorable_Code_Point`) and that no writing needs to be read.
const HIDDEN: [(char, char); 24] = [
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Text of somebody else's choosing for a log or a person: what shows of it, at most `max`
/// characters.
pub fn shown(text: &str, max: usize) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(max).collect()
}

/// Whether a character is not shown as it is: a terminal acts on it, it turns the order of others
/// around, or it shows as nothing.
pub fn is_hidden(c: char) -> bool {
    HIDDEN
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_shown_printable_and_short() {
        assert_eq!(shown("a\u{7}\r\nb", 128), "ab");
        assert_eq!(shown(&"é".repeat(500), 128).chars().count(), 128);
    }
}
