//! Which tokens are control tokens: special ones, and added ones that may mark something.
//!
//! A program writes markers into a text: where a turn begins, where a tool is called. Files call some of these tokens special, and
//! others *added*, as they call a run of spaces or an HTML tag. A marker is recognised by what a chat template may write, by what the
//! model's configuration names, and by its look.
//!
//! By hand, with the template `{{ '<|' + role + '|>' }}</think>`: its strings are `<|`, `|>` and `</think>`. `</think>` is one of them.
//! `<|user|>` begins as one ends and ends as another begins, so the template may write it. `<b>` is neither. Without a template,
//! anything in brackets may be a marker, `<b>`, too.
//!
//! Invariants: a token of nothing but white space marks nothing. Special tokens are control tokens, whatever their names are.
//!
//! Costs: O(n log n) for templates of n bytes, and O(n) for each name.
//!
//! Implements SPEC E12.

use crate::reference::published::unicode::{CharSet, contains, white_space, word};
use crate::support::once::Once;
use foldhash::HashSet;
use memchr::memmem;

/// The longest part of a name that is looked for where one of a template's strings begins or ends, in characters.
const LONGEST: usize = 256;
const BARS: [char; 2] = ['|', '\u{ff5c}'];

/// What the chat templates and the configuration of a model show about its added tokens.
#[derive(Debug, Clone, Default)]
pub struct Markers {
    knows_templates: bool,
    named: HashSet<String>,
    joined: String,
    /// What the templates' strings begin with, in order; and what they end with, each backwards.
    begins: Vec<String>,
    ends: Vec<String>,
}

impl Markers {
    /// `sources`: the templates; `named`: the tokens that the configuration names, such as `additional_special_tokens`.
    pub fn new(sources: &[&str], named: &[&str]) -> Markers {
        let strings: Vec<String> = sources.iter().flat_map(|source| strings_of(source)).collect();
        let mut begins: Vec<String> = strings.iter().map(|string| string.chars().take(LONGEST).collect()).collect();
        let mut ends: Vec<String> = strings.iter().map(|string| string.chars().rev().take(LONGEST).collect()).collect();
        begins.sort_unstable();
        ends.sort_unstable();
        Markers {
            knows_templates: !sources.is_empty(),
            named: named.iter().map(|&name| name.to_owned()).collect(),
            joined: strings.join("\0"),
            begins,
            ends,
        }
    }

    /// Returns whether an added token may mark something in a conversation.
    pub fn is_marker(&self, name: &str) -> bool {
        self.named.contains(name) || looks_like_marker(name, self.knows_templates) || self.may_write(name)
    }

    /// Returns whether a template may write a name, whole or in parts.
    ///
    /// A template writes its texts and strings, and other values between them. So it may write a name that stands in one of its
    /// strings. It may also write one that begins as one string ends and ends as another begins, unless it is of words.
    pub fn may_write(&self, name: &str) -> bool {
        if !self.knows_templates {
            return false;
        }
        if memmem::find(self.joined.as_bytes(), name.as_bytes()).is_some() {
            return true;
        }
        if name.chars().all(|char| is_word(char) || is_white(char)) {
            return false;
        }
        let chars: Vec<char> = name.chars().collect();
        let (heads, tails) = (chars.len().min(LONGEST), (chars.len() - 1).min(LONGEST));
        let head = |size: usize| chars[..size].iter().rev().collect::<String>();
        let tail = |size: usize| chars[chars.len() - size..].iter().collect::<String>();
        (1..=heads).any(|size| begins_one(&self.ends, &head(size)))
            && (1..=tails).any(|size| begins_one(&self.begins, &tail(size)))
    }
}

/// Returns the names of the control tokens: the special tokens, and those of the added ones that may mark something.
pub fn control_tokens<'n>(
    special: impl IntoIterator<Item = &'n str>,
    added: impl IntoIterator<Item = &'n str>,
    markers: &Markers,
) -> Vec<&'n str> {
    let added = added.into_iter().filter(|name| !is_blank(name) && markers.is_marker(name));
    special.into_iter().chain(added).collect()
}

/// Returns the names of the tokens that are found in all text of a conversation (E8): those that mark nothing.
pub fn everywhere<'n>(
    special: impl IntoIterator<Item = &'n str>,
    added: impl IntoIterator<Item = &'n str>,
    markers: &Markers,
) -> Vec<&'n str> {
    let added = added.into_iter().filter(|name| is_blank(name) || !markers.is_marker(name));
    special.into_iter().filter(|name| is_blank(name)).chain(added).collect()
}

/// Returns whether a name is of nothing but white space.
pub fn is_blank(name: &str) -> bool {
    name.chars().all(is_white)
}

/// Returns whether a character is white space.
fn is_white(char: char) -> bool {
    static SPACE: Once<CharSet> = Once::new();
    contains(SPACE.get_or_make(white_space), char.into())
}

/// Returns whether a character is one of a word.
fn is_word(char: char) -> bool {
    static WORD: Once<CharSet> = Once::new();
    contains(WORD.get_or_make(word), char.into())
}

/// Returns whether a name has the look of a marker, as `<|...`, `...|>` and `[NAME]` do.
///
/// Where no template is known, anything in brackets or bars does, and what begins as a tag (`<name`, `</name`).
pub fn looks_like_marker(name: &str, knows_templates: bool) -> bool {
    let bare: Vec<char> = name.trim_matches(is_white).chars().collect();
    let &[first, ref inner @ .., last] = &bare[..] else { return false };
    let (second, before_last) = (inner.first().unwrap_or(&last), inner.last().unwrap_or(&first));
    if (first == '<' && BARS.contains(second)) || (BARS.contains(before_last) && last == '>') {
        return true;
    }
    let is_capital = |char: &char| char.is_ascii_uppercase() || "_/".contains(*char);
    if (first, last) == ('[', ']') && !inner.is_empty() && inner.iter().all(is_capital) {
        return true;
    }
    let in_bars = BARS.contains(&first) && BARS.contains(&last);
    let is_tag = first == '<' && (*second == '/' || second.is_ascii_alphabetic());
    !knows_templates && (in_bars || is_tag || ("<[{(".contains(first) && ">]})".contains(last)))
}

/// Returns whether one of some texts, in order, begins like this.
fn begins_one(texts: &[String], beginning: &str) -> bool {
    let at = texts.partition_point(|text| text.as_str() < beginning);
    texts.get(at).is_some_and(|text| text.starts_with(beginning))
}

/// Returns the texts of a template outside of `{{ }}` and `{% %}`, and the strings inside.
pub fn strings_of(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut done, mut at) = (0, 0);
    while let Some(next) = memchr::memchr(b'{', &source.as_bytes()[at..]) {
        at += next;
        let kind = source.as_bytes().get(at + 1);
        if !matches!(kind, Some(b'{' | b'%' | b'#')) {
            at += 1;
            continue;
        }
        let Some(end) = end_of_code(source, at + 2) else { break };
        found.push(source[done..at].to_owned());
        if kind != Some(&b'#') {
            found.extend(strings_in_code(&source[at + 2..end - 2]));
        }
        (done, at) = (end, end);
    }
    found.push(source[done..].to_owned());
    found.retain(|string| !string.is_empty());
    found
}

/// Returns where the code ends that a template has from a place on; None if it does not.
fn end_of_code(source: &str, start: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    memchr::memchr_iter(b'}', &bytes[start..])
        .map(|at| start + at)
        .find(|&at| at > start && b"}%#".contains(&bytes[at - 1]))
        .map(|at| at + 1)
}

/// Returns the strings in quotes. One without an end reaches to that of the code.
fn strings_in_code(code: &str) -> Vec<String> {
    let (mut found, mut start, mut quote) = (Vec::new(), 0, None);
    let mut chars = code.char_indices();
    while let Some((at, char)) = chars.next() {
        match quote {
            Some(_) if char == '\\' => {
                chars.next();
            }
            Some(open) if open == char => {
                found.push(unescaped(&code[start..at]));
                quote = None;
            }
            None if char == '\'' || char == '"' => (start, quote) = (at + 1, Some(char)),
            _ => {}
        }
    }
    if quote.is_some() {
        found.push(unescaped(&code[start..]));
    }
    found
}

/// Returns a string of a template without its escapes; as it stands if one is malformed, or names a character.
pub fn unescaped(string: &str) -> String {
    let mut found: Vec<u32> = Vec::new();
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        found.extend(rest[..at].chars().map(u32::from));
        let mut after = rest[at + 1..].chars();
        let size = match after.next() {
            None | Some('N') => return string.to_owned(),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('0'..='7') => {
                let digits = &rest[at + 1..];
                let end = digits.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                found.extend(u32::from_str_radix(&digits[..end], 8));
                rest = &digits[end..];
                continue;
            }
            Some(char) => {
                found.extend(simple_escape(char).iter().flatten().map(|&char| u32::from(char)));
                rest = after.as_str();
                continue;
            }
        };
        let digits = after.as_str().get(..size).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) if code <= u32::from(char::MAX) => found.push(code),
            _ => return string.to_owned(),
        }
        rest = &after.as_str()[size..];
    }
    found.extend(rest.chars().map(u32::from));
    joined_surrogates(&found)
}

/// Returns what a backslash and a character mean: the character itself, or another, or nothing.
fn simple_escape(char: char) -> [Option<char>; 2] {
    let meant = match char {
        '\n' => return [None, None],
        '\\' | '\'' | '"' => char,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return [Some('\\'), Some(char)],
    };
    [Some(meant), None]
}

/// Returns the text of code points: a pair of surrogates is its character, any other surrogate U+FFFD (E4).
fn joined_surrogates(codes: &[u32]) -> String {
    let mut units = Vec::new();
    for &code in codes {
        match char::from_u32(code) {
            Some(char) => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            None => units.extend(u16::try_from(code)),
        }
    }
    String::from_utf16_lossy(&units)
}
