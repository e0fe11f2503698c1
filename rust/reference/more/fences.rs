//! Lines of Markdown: headings, fences of code, items of lists.
//!
//! By hand: of the lines `# A`, `~~~ c`, `~~~`, `1. b` the first is a heading, the second opens fenced code, the third
//! closes it, and the last is an item.
//!
//! Costs: O(n) for a line of n characters, as a rule the few at its beginning.
//!
//! Implements SPEC C2.

use super::graphemes::{holds, is_letter, is_space};

// What begins an item of a list; a quotation, a row of a table, a heading.
const BULLETS: &str = "-*+=~`";
const ROWS: &str = "|>#";

/// Returns whether a line is white space.
pub fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

/// Returns whether a line is an ATX heading without indentation.
pub fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with([' ', '\t'])
}

/// Returns the marks of a line that opens fenced code, or nothing.
pub fn fence_of(line: &str) -> &str {
    let rest = line.trim_start_matches(' ');
    let indented = line.len() - rest.len();
    let Some(mark) = rest.chars().next().filter(|&mark| mark == '`' || mark == '~') else { return "" };
    let info = rest.trim_start_matches(mark);
    let marks = rest.len() - info.len();
    let inline = mark == '`' && info.contains('`');
    if indented > 3 || marks < 3 || inline { "" } else { &rest[..marks] }
}

/// Returns whether a line closes the fence that such marks have opened.
pub fn closes(line: &str, fence: &str) -> bool {
    let marked = line.trim_start_matches(' ');
    let rest = marked.trim_start_matches(&fence[..1]);
    line.len() - marked.len() <= 3 && marked.len() - rest.len() >= fence.len() && is_blank(rest)
}

/// Returns whether a line begins an item of a list, a quotation, a row of a table or a fence.
pub fn is_item(line: &str) -> bool {
    if line.starts_with(|char| holds(ROWS, char)) || line.starts_with("```") || line.starts_with("~~~") {
        return true;
    }
    let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let rest = if rest.len() == line.len() && line.starts_with(|char| holds(BULLETS, char)) {
        &line[1..]
    } else {
        let rest = if rest.len() == line.len() { rest.strip_prefix(is_letter) } else { Some(rest) };
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(['.', ')'])) else { return false };
        rest
    };
    rest.is_empty() || rest.starts_with(is_space)
}
