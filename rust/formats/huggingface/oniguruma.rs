//! What Oniguruma, the engine of `tokenizers`, reads differently in a pattern: spelled out, or named.
//! `python/minitok/formats/huggingface/oniguruma.py` spells words for it.
//!
//! To Oniguruma, `{n,m}+` is a repeat of a repeat, `$` is before any line feed, and words do not hold the joiners U+200C and U+200D;
//! outside a set, they hold `²³¹¼½¾`. Ignoring case, it takes a property outside sets as it is, folds a set of sets once only, and
//! matches `ß` with `ss`. A pattern is read part by part, so that no escape, number or set is taken from its middle.

use super::super::quoted;
use super::super::value::Value;
use crate::reference::published::regex_tree::Node;
use crate::reference::published::regexes;
use crate::reference::published::unicode::contains;

/// Escapes that are not a character, or not the same to all engines.
const OTHER_ESCAPES: [&str; 11] = ["\\", r"\h", r"\H", r"\G", r"\K", r"\X", r"\R", r"\Z", r"\p", r"\P", ""];
/// What the escapes mean to Oniguruma, outside sets and in them.
const WORD: &str = r"[\w\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}&&[\x{0}-\x{200B}\x{200E}-\x{10FFFF}]]";
const NO_WORD: &str = r"[\W\x{200C}\x{200D}&&[\x{0}-\x{B1}\x{B4}-\x{B8}\x{BA}\x{BB}\x{BF}-\x{10FFFF}]]";
const WORD_IN_SETS: &str = r"[\w&&[\x{0}-\x{200B}\x{200E}-\x{10FFFF}]]";
const NO_WORD_IN_SETS: &str = r"[\W\x{200C}\x{200D}]";
/// What minitok writes for its own.
const OUR_WORD: &str = r"[\w\x{200C}\x{200D}]";
const OUR_NO_WORD: &str = r"[\W&&[\x{0}-\x{200B}\x{200E}-\x{10FFFF}]]";

/// What opens a group, or begins to ignore case.
const HEADS: [&str; 10] = ["(?i:", "(?-i:", "(?<=", "(?<!", "(?:", "(?=", "(?!", "(?>", "(?i)", "("];
/// What is several characters where case is ignored (`ß`), and what these are: those outside ASCII, and those in it.
const SEVERAL: [(u32, u32); 15] = [
    (0xDF, 0xDF),
    (0x130, 0x130),
    (0x149, 0x149),
    (0x17F, 0x17F),
    (0x1F0, 0x1F0),
    (0x2BC, 0x2BE),
    (0x300, 0x345),
    (0x390, 0x390),
    (0x399, 0x399),
    (0x3B0, 0x3B0),
    (0x3B9, 0x3B9),
    (0x531, 0x587),
    (0x1E96, 0x1E9E),
    (0x1F50, 0x1FFC),
    (0xFB00, 0xFB17),
];
const SEVERAL_IN_ASCII: [&str; 5] = ["ss", "ff", "fi", "fl", "st"];

/// The length of the first part of a pattern: a property, a character by its number, a repeat, an escape, or a single character.
fn part_length(pattern: &str) -> usize {
    let bytes = pattern.as_bytes();
    let first = pattern.chars().next().map_or(0, char::len_utf8);
    if bytes[0] == b'{' {
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = 1 + digits(1);
        if at > 1 && bytes.get(at) == Some(&b',') {
            at += 1 + digits(at + 1);
        }
        return if at > 1 && bytes.get(at) == Some(&b'}') { at + 1 } else { 1 };
    }
    if bytes[0] != b'\\' {
        return first;
    }
    let hex = |count: usize| {
        bytes.get(2..2 + count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)).then_some(2 + count)
    };
    let named = match bytes.get(1) {
        Some(b'0') => bytes.get(2).is_some_and(u8::is_ascii_digit).then_some(3),
        Some(b'x') if bytes.get(2) == Some(&b'{') => {
            let digits = bytes[3..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            (digits > 0 && bytes.get(3 + digits) == Some(&b'}')).then_some(digits + 4)
        }
        Some(b'x') => hex(2),
        Some(b'u') => hex(4),
        Some(b'p' | b'P') if bytes.get(2) == Some(&b'{') => {
            let start = 3 + usize::from(bytes.get(3) == Some(&b'^'));
            let name: usize = pattern.get(start..).map_or(0, |rest| {
                rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').map(char::len_utf8).sum()
            });
            (name > 0 && bytes.get(start + name) == Some(&b'}')).then_some(start + name + 1)
        }
        _ => None,
    };
    named.unwrap_or_else(|| 1 + pattern[1..].chars().next().map_or(0, char::len_utf8))
}

/// The parts of a pattern, of which a set with its inner sets is one. A set without an end, which no engine takes, reaches to the end.
fn parts_of(pattern: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start, mut at) = (Vec::new(), 0usize, 0, 0);
    while at < pattern.len() {
        let end = at + part_length(&pattern[at..]);
        match &pattern[at..end] {
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = end;
        if depth == 0 {
            parts.push(&pattern[start..end]);
            start = end;
        }
    }
    if depth > 0 {
        parts.push(&pattern[start..]);
    }
    parts
}

/// The pattern with each `{n,m}+` of a single character as Oniguruma means it: a repeat of a repeat, not possessive.
pub fn with_repeats(pattern: &str) -> String {
    let mut parts: Vec<String> = parts_of(pattern).into_iter().map(str::to_owned).collect();
    for at in 0..parts.len().saturating_sub(2) {
        let is_repeat = parts[at + 2] == "+" && parts[at + 1].len() > 1 && parts[at + 1].starts_with('{');
        if is_repeat && is_single(&parts[at]) {
            parts[at] = format!("(?:{}{})+", parts[at], parts[at + 1]);
            parts[at + 1].clear();
            parts[at + 2].clear();
        }
    }
    parts.concat()
}

/// Whether a part stands for a single character: it is not an operator, nor empty since it was joined to another.
fn is_single(part: &str) -> bool {
    !part.is_empty() && !part.starts_with(|first| "()]{}*+?|".contains(first)) && !matches!(part, "\\" | r"\p" | r"\P")
}

pub fn with_line_ends(pattern: &str) -> String {
    parts_of(pattern).into_iter().map(|part| if part == "$" { r"(?=\n|\z)" } else { part }).collect()
}

/// The pattern with each `\w`, `\W`, `\b`, `\B` as Oniguruma means it, and each property outside sets, whose case is never ignored.
pub fn with_words(pattern: &str) -> String {
    let pattern = &with_case(pattern);
    let outside = |part: &str| match part {
        r"\w" => Some(WORD.to_owned()),
        r"\W" => Some(NO_WORD.to_owned()),
        r"\b" => Some(edge(WORD, false)),
        r"\B" => Some(edge(WORD, true)),
        OUR_WORD => Some(r"\w".to_owned()),
        OUR_NO_WORD => Some(r"\W".to_owned()),
        _ => None,
    };
    let made: String = parts_of(pattern)
        .into_iter()
        .map(|part| match outside(part) {
            Some(spelled) => spelled,
            None if part.starts_with('[') => in_set(part),
            None => part.to_owned(),
        })
        .collect();
    made.replace(&edge(r"\w", false), r"\b").replace(&edge(r"\w", true), r"\B")
}

/// A set with the escapes in it as Oniguruma means them.
fn in_set(part: &str) -> String {
    let (mut made, mut rest) = (String::from("["), &part[1..]);
    while let Some(first) = rest.chars().next() {
        let spelled =
            [WORD_IN_SETS, NO_WORD_IN_SETS, OUR_WORD, OUR_NO_WORD].into_iter().find(|one| rest.starts_with(one));
        let length = match spelled {
            Some(spelled) => spelled.len(),
            None if first == '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            None => first.len_utf8(),
        };
        made += match &rest[..length] {
            r"\w" => WORD_IN_SETS,
            r"\W" => NO_WORD_IN_SETS,
            OUR_WORD => r"\w",
            OUR_NO_WORD => r"\W",
            other => other,
        };
        rest = &rest[length..];
    }
    made
}

/// What `\b` or, inside, `\B` is, if these are the characters of words.
fn edge(word: &str, inside: bool) -> String {
    let (first, second) = if inside { ("=", "!") } else { ("!", "=") };
    format!("(?:(?<={word})(?{first}{word})|(?<!{word})(?{second}{word}))")
}

pub fn engine_difference(pattern: &str) -> Option<String> {
    let parts = parts_of(pattern);
    let is_plain = |part: &str| part.starts_with(['\\', '[']) && !OTHER_ESCAPES.contains(&part);
    let bare: String = parts.iter().map(|part| if is_plain(part) { "x" } else { part }).collect();
    let marks =
        [("$", "a '$'"), ("^", "a '^'"), ("}+", "a possessive '{...}+'"), ("\\", "an escape"), ("(?#", "a comment")];
    if let Some((_, what)) = marks.iter().find(|(mark, _)| bare.contains(mark)) {
        return Some((*what).to_owned());
    }
    if parts.windows(2).any(|pair| is_exact(pair[0]) && pair[1] == "?") {
        return Some("a lazy '{n}?'".to_owned());
    }
    parts.iter().find_map(|part| not_in_oniguruma(part)).or_else(|| case_difference(&parts))
}

/// Whether a part is `{n}`.
fn is_exact(part: &str) -> bool {
    let times = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    times.is_some_and(|times| !times.is_empty() && times.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The parts, what opens a group as one of them, each with whether case is ignored there.
fn ignoring<'a>(parts: &[&'a str]) -> Vec<(&'a str, bool)> {
    let (mut scopes, mut found, mut at) = (vec![false], Vec::new(), 0);
    while at < parts.len() {
        let mut part = parts[at];
        let ignored = scopes.last().copied().unwrap_or_default();
        if part == "(" {
            let next: String = parts[at..].iter().take(5).copied().collect();
            part = HEADS.into_iter().find(|head| next.starts_with(head)).unwrap_or("(");
            if part == "(?i)" {
                scopes.pop();
                scopes.push(true);
            } else {
                scopes.push(part == "(?i:" || (ignored && part != "(?-i:"));
            }
        } else if part == ")" && scopes.len() > 1 {
            scopes.pop();
        }
        at += if part.starts_with('(') { part.len() } else { 1 };
        found.push((part, scopes.last().copied().unwrap_or_default()));
    }
    found
}

/// The pattern with each property outside sets as Oniguruma means it, which never ignores its case.
fn with_case(pattern: &str) -> String {
    let is_property = |part: &str| part.starts_with(r"\p{") || part.starts_with(r"\P{");
    ignoring(&parts_of(pattern))
        .into_iter()
        .map(|(part, ignored)| if ignored && is_property(part) { format!("(?-i:{part})") } else { part.to_owned() })
        .collect()
}

fn case_difference(parts: &[&str]) -> Option<String> {
    let (mut before, mut begins) = (None, true);
    for (part, ignored) in ignoring(parts) {
        if part == "(?i)" && !begins {
            return Some("a '(?i)' behind other parts".to_owned());
        }
        begins = part == "|" || part.starts_with('(');
        if ignored && part.starts_with('[') && is_folded_otherwise(part) {
            return Some("a set of sets or of what is several characters, where case is ignored".to_owned());
        }
        let char = char_of(part).filter(|_| ignored);
        let together: String = before.into_iter().chain(char).collect();
        let is_several = char.is_some_and(|char| contains(&SEVERAL, char.into()));
        if is_several || SEVERAL_IN_ASCII.contains(&together.to_ascii_lowercase().as_str()) {
            return Some(format!("{}, where case is ignored", Value::Text(together).shown()));
        }
        before = char;
    }
    None
}

fn char_of(part: &str) -> Option<char> {
    let mut chars = part.chars();
    let first = chars.next()?;
    if first != '\\' {
        return chars.next().is_none().then_some(first);
    }
    let second = chars.next()?;
    if part.len() > 3 && matches!(second, 'x' | 'u') {
        return char::from_u32(u32::from_str_radix(part[2..].trim_matches(['{', '}']), 16).ok()?);
    }
    (!second.is_alphanumeric() && chars.next().is_none()).then_some(second)
}

/// Whether a set holds another set, or, if it is not negated, a character that is several others.
fn is_folded_otherwise(part: &str) -> bool {
    let (mut bare, mut rest) = (String::new(), part[1..].chars());
    while let Some(char) = rest.next() {
        if char == '\\' {
            rest.next();
        } else {
            bare.push(char);
        }
    }
    if bare.contains('[') || bare.contains("&&") {
        return true;
    }
    let Ok(Node::Sequence(nodes)) = regexes::parse(part) else { return false };
    let Some(Node::Set(chars)) = nodes.first() else { return false };
    let is_several = |first, last| SEVERAL.iter().any(|&(start, end)| first <= end && start <= last);
    !bare.starts_with('^') && chars.iter().any(|&(first, last)| is_several(first, last))
}

/// A byte, to Oniguruma, or an octal number; a character of eight digits and a property without braces, which it does not have; a
/// set taken away, which are ranges to it.
fn not_in_oniguruma(part: &str) -> Option<String> {
    let mut at = 0;
    while let Some(first) = part[at..].chars().next() {
        let rest = &part[at..];
        if rest.starts_with("--") {
            return Some(quoted(&part[..at + 2]));
        }
        if rest.starts_with(r"\U") {
            return Some(quoted(r"\U"));
        }
        if rest.starts_with(r"\x") && rest[2..].starts_with(|digit| matches!(digit, '8' | '9' | 'A'..='F' | 'a'..='f'))
        {
            return Some(quoted(&rest[..3]));
        }
        let next = |at: usize| rest.as_bytes().get(at).copied().unwrap_or_default();
        let is_property = rest.starts_with(r"\p") || rest.starts_with(r"\P");
        if is_property && next(2) != b'{' {
            return Some(quoted(&rest[..2]));
        }
        if rest.starts_with(r"\0") && next(2).is_ascii_digit() {
            return Some(quoted(&rest[..3]));
        }
        at += if first == '\\' { 1 + rest[1..].chars().next().map_or(0, char::len_utf8) } else { first.len_utf8() };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(parts_of(r"[^\]$[a]]+\p{N}{1,3}$"), [r"[^\]$[a]]", "+", r"\p{N}", "{1,3}", "$"]);
        assert_eq!(parts_of("é[a"), ["é", "[a"]);
        assert_eq!(with_repeats(r"\p{N}{1,3}+|a++"), r"(?:\p{N}{1,3})+|a++");
        assert_eq!(with_line_ends(r"\s+$|[$]|\$"), r"\s+(?=\n|\z)|[$]|\$");
        assert_eq!(with_words(r"[\w]"), format!("[{WORD_IN_SETS}]"));
        assert_eq!(with_words(r"\w\b"), format!("{WORD}{}", edge(WORD, false)));
        assert_eq!(with_words(r"(?i:\p{Lu}[a])\p{Lu}"), r"(?i:(?-i:\p{Lu})[a])\p{Lu}");
        assert_eq!(with_words(&format!("{OUR_WORD}{}", edge(OUR_WORD, true))), r"\w\B");
        for (pattern, told) in [
            ("^a", Some("a '^'")),
            ("a{1,2}+", Some("a possessive '{...}+'")),
            (r"\R", Some("an escape")),
            (r"[\x80]", Some(r"'\\x8'")),
            (r"\U0001F600", Some(r"'\\U'")),
            ("[a--b]", Some("'[a--'")),
            (r"[\pL]", Some(r"'\\p'")),
            (r"\012", Some(r"'\\01'")),
            (r"\x{61}{2}?", Some("a lazy '{n}?'")),
            ("a(?#then)b", Some("a comment")),
            ("(a(?i)b|c)", Some("a '(?i)' behind other parts")),
            (r"(?i:\x{73}S)", Some("'sS', where case is ignored")),
            ("(?i)[a[b]]", Some("a set of sets or of what is several characters, where case is ignored")),
            ("(?i)[^a]|(?-i:ß)[a-z]|s", None),
            (r"\p{L}+|[^\s]|\$", None),
        ] {
            assert_eq!(engine_difference(pattern).as_deref(), told, "{pattern}");
        }
    }
}
