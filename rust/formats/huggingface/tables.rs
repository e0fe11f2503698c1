//! What counts as punctuation, a digit, a mark or a control character, to `tokenizers`. Must equal
//! `python/minitok/formats/huggingface/tables.py`; both read `tables.txt`, which says where its sets differ from those of Unicode 16.

use std::fmt::Write;

const TABLES: &str = include_str!("../../../python/minitok/formats/huggingface/tables.txt");

/// The set of that name, as a regular expression.
pub fn set(name: &str) -> String {
    let line = TABLES.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default();
    let (head, less) = line.split_once(" - ").unwrap_or((line, ""));
    let (head, more) = head.split_once(" + ").unwrap_or((head, ""));
    let members = head.split_once(' ').map_or("", |(_, members)| members);
    let less = if less.is_empty() { String::new() } else { format!("&&[^{}]", ranges(less)) };
    format!("[{members}{}{less}]", ranges(more))
}

/// Characters by their numbers, as members of a set.
fn ranges(numbers: &str) -> String {
    let mut made = String::new();
    for span in numbers.split_whitespace() {
        for (at, end) in span.split('-').enumerate() {
            let dash = if at > 0 { "-" } else { "" };
            write!(made, "{dash}\\x{{{end}}}").unwrap_or_else(|_| unreachable!("writing to a String"));
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(ranges("61D 1B7D-1B7F"), r"\x{61D}\x{1B7D}-\x{1B7F}");
        assert_eq!(set("digits"), r"[\p{N}\x{11DE0}-\x{11DE9}\x{16FF4}-\x{16FF6}]");
        assert!(set("punctuation").starts_with(r"[\p{P}$+<=>\^`|~\x{166D}\x{111C9}&&[^\x{61D}\x{9FD}"));
        assert!(["marks", "accents", "controls"].iter().all(|name| set(name).len() > 99));
    }
}
