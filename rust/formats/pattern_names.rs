//! Split patterns in files: by their names here, spelled out there.

use super::wrong;
use crate::error::Result;
use crate::reference::published::families::FAMILIES;
use crate::reference::published::patterns::{NAMED, expressions};

/// `OpenAI`'s patterns as other engines read them: no possessive quantifier and no `$`, which mean something else there.
const PORTABLE: [(&str, &str); 2] = [
    ("gpt2", r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
    (
        "cl100k",
        concat!(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*",
            r"|\s+\z|\s*[\r\n]|\s+(?!\S)|\s",
        ),
    ),
];

/// One spelling for characters that can be escaped or not.
fn plain(pattern: &str) -> String {
    let mut made = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("\\u") {
        made += &rest[..at];
        let digits = rest.get(at + 2..at + 6).filter(|digits| digits.bytes().all(is_upper_hex));
        if let Some(char) = digits.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?)) {
            made.push(char);
            rest = &rest[at + 6..];
        } else {
            made += "\\u";
            rest = &rest[at + 2..];
        }
    }
    (made + rest).replace('\r', "\\r").replace('\n', "\\n")
}

fn is_upper_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'A'..=b'F')
}

/// The name of a pattern, if it is the spelling of one; else the pattern.
pub fn name_of(pattern: &str) -> String {
    let wanted = plain(pattern);
    let known = NAMED.iter().chain(&PORTABLE).chain(&FAMILIES);
    let name = known.rev().find(|(_, spelled)| plain(spelled) == wanted).map(|&(name, _)| name);
    name.unwrap_or(pattern).to_owned()
}

/// Whether a pattern is one with a name, written by its name.
pub fn is_name(pattern: &str) -> bool {
    NAMED.iter().chain(&FAMILIES).any(|&(name, _)| name == pattern)
}

/// The pattern as one regular expression without names, "" for `none`.
pub fn one_expression(pattern: &str, place: &str) -> Result<String> {
    match expressions(pattern)[..] {
        [] => Ok(String::new()),
        [one] => Ok(one.to_owned()),
        _ => Err(wrong(format!("{place} cannot express a pattern that cuts in turn"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_a_name_however_it_is_escaped() {
        assert_eq!((name_of(FAMILIES[1].1), name_of("x+")), ("qwen2".into(), "x+".into()));
        assert_eq!(plain("[\\u4E00-\\u9FA5]\n\\uD800\\u12"), "[一-龥]\\n\\uD800\\u12");
        assert_eq!((name_of(PORTABLE[0].1), name_of(NAMED[0].1)), ("gpt2".into(), "gpt2".into()));
        assert!(is_name("llama3") && !is_name("none"));
        assert!(one_expression("starcoder", "this").is_err() && one_expression("none", "this") == Ok(String::new()));
    }
}
