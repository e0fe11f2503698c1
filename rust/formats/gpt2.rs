//! GPT-2's two files: `vocab.json`, tokens and ids, and `merges.txt`, a pair of tokens a line in rank order. Python writes them
//! (`python/minitok/formats/gpt2.py`, which says what stands in them).

use super::definition::{Definition, Fields};
use super::ids::of_tokens;
use super::value::{Value, parse as parse_json};
use super::{MAX_ID, Named, at_line, blamed, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::gpt2_files::read_gpt2;
use crate::fast::util::fallible::{push, room};
use crate::reference::published::byte_chars::CHARS;
use crate::reference::vocab::Alphabet;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::path::Path;

/// Two tokens, as they are written.
pub type Row = (String, String);
/// Ids by tokens as they are written, and the tokens in the order of the file.
#[derive(Debug, Default)]
pub struct Ids {
    pub rows: Named,
    by_token: HashMap<String, u32>,
}

impl Ids {
    pub fn new(rows: Named) -> Result<Ids> {
        let mut by_token = HashMap::new();
        by_token.try_reserve(rows.len())?;
        for (token, id) in &rows {
            by_token.insert(owned(token)?, *id);
        }
        Ok(Ids { rows, by_token })
    }

    pub fn get(&self, token: &str) -> Option<u32> {
        self.by_token.get(token).copied()
    }

    /// The same without some tokens.
    pub fn without(&self, is_left_out: impl Fn(&str, u32) -> bool) -> Result<Ids> {
        let kept = self.rows.iter().filter(|(token, id)| !is_left_out(token, *id));
        let mut rows = Named::new();
        for (token, id) in kept {
            push(&mut rows, (owned(token)?, *id))?;
        }
        Ids::new(rows)
    }
}

/// What stands between the version and the pattern.
const PATTERN_MARK: &str = " pattern: ";

/// The tokenizer of the two files of a folder. Without special tokens, those that look like markers are such; without a pattern, it is the one
/// that `merges.txt` states, or else GPT-2's.
pub fn load(folder: &Path, pattern: Option<&str>, special: Option<Named>) -> Result<Definition> {
    let [vocab_json, merges_txt] = ["vocab.json", "merges.txt"].map(|name| folder.join(name));
    let whole = |path: &Path| std::fs::read(path).map_err(|error| crate::reference::count::unread(path, &error));
    let (vocab, merges) = (whole(&vocab_json)?, whole(&merges_txt)?);
    let of_vocab = |error| blamed(error, Some(&vocab_json));
    let of_merges = |error| blamed(error, Some(&merges_txt));
    let stated = match pattern {
        Some(_) => None,
        None => stated_pattern(&merges).map_err(of_merges)?,
    };
    let pattern = pattern.or(stated.as_deref()).unwrap_or("gpt2");
    if let Some(found) = parse_tables(&vocab, &merges, pattern, special.as_ref())? {
        return Ok(found);
    }
    let ids = parse_json(&vocab).and_then(|content| parse_vocab(&content)).map_err(of_vocab)?;
    let lines = parse_merges(&merges).map_err(of_merges)?;
    let special = match special {
        Some(special) => special,
        None => find_special(&ids, &lines),
    };
    let specials: HashMap<&str, u32> = special.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    let ids = ids.without(|token, id| specials.get(token) == Some(&id))?;
    let mut pairs = Vec::new();
    for (number, (left, right)) in &lines {
        let both = format!("{left}{right}");
        if let Some(side) = [left, right, &both].into_iter().find(|side| ids.get(side).is_none()) {
            let reason = format!("the token {} is not in {}", quoted(side), vocab_json.display());
            return Err(of_merges(at_line(*number, reason)));
        }
        push(&mut pairs, (ids.get(left).unwrap_or_default(), ids.get(right).unwrap_or_default()))?;
    }
    let tokens = tokens_of(&ids.rows).map_err(of_vocab)?;
    let vocab = of_tokens(&tokens, &pairs, false, Alphabet::default()).map_err(of_vocab)?;
    Ok(Definition { vocab, fields: Fields::new(pattern, special) })
}

/// The tokenizer of two files that are read as tables; None for others.
fn parse_tables(vocab: &[u8], merges: &[u8], pattern: &str, special: Option<&Named>) -> Result<Option<Definition>> {
    let Some(table) = read_gpt2(vocab, merges)? else { return Ok(None) };
    let special = match special {
        Some(special) => special.clone(),
        None => table.markers()?.into_iter().map(|(name, id)| (name.to_owned(), id)).collect(),
    };
    let vocab = table.byte_level(&special, false, false)?;
    // What is a special token here is not a token, even if merges have it.
    let vocab = vocab.filter(|vocab| special.iter().all(|&(_, id)| vocab.core().token_bytes(id).is_none()));
    Ok(vocab.map(|vocab| Definition { vocab, fields: Fields::new(pattern, special) }))
}

/// The split pattern that the first line of `merges.txt` states; None if it states none.
fn stated_pattern(merges: &[u8]) -> Result<Option<String>> {
    let text = merges.strip_prefix("\u{feff}".as_bytes()).unwrap_or(merges);
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let stated = memchr::memmem::find(line, PATTERN_MARK.as_bytes()).filter(|_| line.starts_with(b"#version"));
    let Some(at) = stated else { return Ok(None) };
    let value = &line[at + PATTERN_MARK.len()..];
    // Only a string is parsed.
    match value.starts_with(b"\"").then(|| parse_json(value)) {
        Some(Ok(Value::Text(pattern))) => Ok(Some(pattern)),
        _ => Err(at_line(1, format!("not a pattern in quotation marks: {}", quoted(&String::from_utf8_lossy(value))))),
    }
}

/// Tokens and ids out of JSON.
pub fn parse_vocab(content: &Value) -> Result<Ids> {
    let fields = content.object().ok_or_else(|| wrong(format!("not tokens and ids but {}", content.kind())))?;
    let (mut rows, mut names) = (Named::new(), HashMap::new());
    names.try_reserve(fields.len())?;
    for (token, value) in fields {
        let Some(id) = value.id() else {
            let (token, shown) = (quoted(token), value.shown());
            return Err(wrong(format!("the id of {token} is not a whole number from 0 to {MAX_ID}: {shown}")));
        };
        if let Some(other) = names.insert(id, token.as_str()) {
            return Err(wrong(format!("id {id} stands for {} and for {}", quoted(other), quoted(token))));
        }
        push(&mut rows, (owned(token)?, id))?;
    }
    Ids::new(rows)
}

/// Each merge with the number of its line.
fn parse_merges(data: &[u8]) -> Result<Vec<(usize, Row)>> {
    let text = std::str::from_utf8(data).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &data[..error.valid_up_to()]).count();
        at_line(line, "not UTF-8")
    })?;
    let (mut merges, mut seen) = (Vec::new(), HashMap::new());
    for (line, number) in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').zip(1..) {
        let line = line.trim_end_matches('\r');
        if line.is_empty() || (number == 1 && line.starts_with("#version")) {
            continue;
        }
        let sides =
            line.split_once(' ').filter(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains(' '));
        let Some((left, right)) = sides else {
            return Err(at_line(number, format!("not two tokens with a space between them: {}", quoted(line))));
        };
        seen.try_reserve(1)?;
        if let Some(before) = seen.insert(line, number) {
            return Err(at_line(number, format!("the merge {} is already on line {before}", quoted(line))));
        }
        push(&mut merges, (number, (owned(left)?, owned(right)?)))?;
    }
    Ok(merges)
}

/// The merges as pairs of tokens, from either notation: `"a b"` or `["a", "b"]`.
pub fn read_merges(rows: &[Value]) -> Result<Vec<Row>> {
    let mut pairs = Vec::new();
    for (rank, row) in rows.iter().enumerate() {
        let sides = match row {
            Value::Text(text) => text.split_once(' ').filter(|(_, right)| !right.contains(' ')),
            Value::List(items) => match &items[..] {
                [Value::Text(left), Value::Text(right)] => Some((left.as_str(), right.as_str())),
                _ => None,
            },
            _ => None,
        };
        let (left, right) = sides.ok_or_else(|| wrong(format!("merge {rank} is not two tokens: {}", row.shown())))?;
        push(&mut pairs, (owned(left)?, owned(right)?))?;
    }
    Ok(pairs)
}

/// The merges as pairs of ids. The token of a merge has no prefix within it.
pub fn find_pairs(rows: &[Row], ids: &Ids, prefix: &str) -> Result<Vec<(u32, u32)>> {
    let (mut pairs, mut joined) = (Vec::new(), String::new());
    for (rank, (left, right)) in rows.iter().enumerate() {
        let Some(rest) = right.strip_prefix(prefix) else {
            let (right, prefix) = (quoted(right), quoted(prefix));
            let reason =
                format!("merge {rank} uses the token {right}, which has no continuing_subword_prefix {prefix}");
            return Err(wrong(reason));
        };
        let of = |side: &str| {
            let reason = || format!("merge {rank} uses the token {}, which is not in the vocabulary", quoted(side));
            ids.get(side).ok_or_else(|| wrong(reason()))
        };
        let pair = (of(left)?, of(right)?);
        join(&mut joined, left, rest)?;
        of(&joined)?;
        push(&mut pairs, pair)?;
    }
    Ok(pairs)
}

/// The tokens that no merge makes and that look like a marker.
fn find_special(ids: &Ids, lines: &[(usize, Row)]) -> Named {
    let made: HashSet<String> = lines.iter().map(|(_, (left, right))| format!("{left}{right}")).collect();
    let is_marker = |token: &str| {
        token.starts_with('<') && token.ends_with('>') && token.chars().nth(2).is_some() && !made.contains(token)
    };
    ids.rows.iter().filter(|(token, _)| is_marker(token)).cloned().collect()
}

/// Tokens in byte-level notation as bytes.
pub fn tokens_of(ids: &[(String, u32)]) -> Result<Vec<(Vec<u8>, u32)>> {
    let mut tokens = Vec::new();
    for (shown, id) in ids {
        match to_bytes(shown)? {
            Ok(token) => push(&mut tokens, (token, *id))?,
            Err(char) => {
                let token = quoted(shown);
                let reason = format!("the token {token} is not in byte-level notation: '{char}' stands for no byte");
                return Err(Error::Vocabulary(reason));
            }
        }
    }
    Ok(tokens)
}

/// The bytes that characters stand for, or the first character that stands for none.
pub fn to_bytes(shown: &str) -> Result<std::result::Result<Vec<u8>, char>> {
    let byte = |char: char| match char {
        '!'..='~' | '¡'..='¬' | '®'..='ÿ' => u8::try_from(u32::from(char)).map_err(|_| char),
        _ => (0..=255u8).find(|&byte| CHARS[usize::from(byte)] == char).ok_or(char),
    };
    let mut bytes = room(shown.len())?;
    for char in shown.chars() {
        match byte(char) {
            Ok(byte) => bytes.push(byte),
            Err(char) => return Ok(Err(char)),
        }
    }
    Ok(Ok(bytes))
}

/// A text of its own.
pub fn owned(text: &str) -> Result<String> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len())?;
    copy.push_str(text);
    Ok(copy)
}

/// Puts two texts into a third, one after the other.
pub fn join(joined: &mut String, left: &str, right: &str) -> Result<()> {
    joined.clear();
    joined.try_reserve(left.len() + right.len())?;
    joined.push_str(left);
    joined.push_str(right);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_of_bytes_is_read() {
        for byte in 0..=255u8 {
            assert_eq!(to_bytes(&CHARS[usize::from(byte)].to_string()), Ok(Ok(vec![byte])));
        }
        assert_eq!(
            (to_bytes("Ġa"), to_bytes("a b"), to_bytes("\u{ad}")),
            (Ok(Ok(b" a".to_vec())), Ok(Err(' ')), Ok(Err('\u{ad}')))
        );
    }

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let vocab: Vec<String> =
            CHARS.iter().zip(0..).map(|(char, id)| format!("{}: {id}", Value::Text(char.to_string()).json())).collect();
        let vocab = |more: &str| format!("{{{}{more}}}", vocab.join(","));
        let folder = std::env::temp_dir().join(format!("minitok-gpt2-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let read = |more: &str, merges: &str| {
            std::fs::write(folder.join("vocab.json"), vocab(more)).unwrap();
            std::fs::write(folder.join("merges.txt"), merges).unwrap();
            load(&folder, None, None)
        };
        let found = read(",\"ab\": 256, \"<s>\": 257", "#version: 0.2\na b\n").unwrap();
        assert_eq!(found.fields.special_tokens, [("<s>".to_owned(), 257)]);
        for (first, pattern) in [
            ("#version: 0.2", "gpt2"),
            ("#version: 0.2 pattern: \"o200k\"\r", "o200k"),
            ("\u{feff}#version: 0.2 pattern: \"\\\\w+\"", "\\w+"),
        ] {
            assert_eq!(read("", &format!("{first}\n")).unwrap().fields.pattern, pattern, "{first}");
        }
        for (more, merges, told) in [
            (",\"ab\": 256", "a b c", "merges.txt:1: not two tokens"),
            (",\"ab\": 256", "a b\na b", "merges.txt:2: the merge 'a b' is already on line 1"),
            ("", "a b", "merges.txt:1: the token 'ab' is not in "),
            (",\"ab\": 97", "a b", "vocab.json: id 97 stands for 'a' and for 'ab'"),
            (",\"ab\": -1", "a b", "the id of 'ab' is not a whole number"),
            ("", "#version: 0.2 pattern: o200k\n", "merges.txt:1: not a pattern in quotation marks: 'o200k'"),
            (",\"a b\": 256", "", "is not in byte-level notation: ' ' stands for no byte"),
        ] {
            let error = read(more, merges).unwrap_err().to_string();
            assert!(error.contains(told), "{more} {merges}: {error}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
