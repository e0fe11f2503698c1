//! minbpe's `.model` files: lines of version, pattern, special tokens and pairs of ids. Must equal `python/minitok/formats/minbpe.py`.

use super::definition::{Definition, Fields};
use super::ids::of_pairs;
use super::{MAX_ID, Named, at_line, quoted, wrong};
use crate::error::Result;
use crate::fast::read::token_table::id_of;
use crate::fast::util::fallible::push;
use foldhash::{HashSet, HashSetExt};

pub const VERSION: &str = "minbpe v1";

pub fn parse(data: &[u8]) -> Result<Definition> {
    let text =
        std::str::from_utf8(data).map_err(|error| wrong(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut lines = text.split('\n').zip(1..);
    if lines.next().map(|(line, _)| line) != Some(VERSION) {
        return Err(at_line(1, format!("not a minbpe model: the first line is not '{VERSION}'")));
    }
    let (Some((pattern, _)), Some((count, _))) = (lines.next(), lines.next()) else {
        return Err(at_line(text.split('\n').count(), "the file ends before the special tokens"));
    };
    let [count] = numbers(count, 3)?;
    let (mut special, mut names) = (Named::new(), HashSet::new());
    for _ in 0..count {
        let Some((line, number)) = lines.next() else { break };
        let (name, id) = line.rsplit_once(' ').unwrap_or(("", line));
        let [id] = numbers(id, number)?;
        if !names.insert(name) {
            break;
        }
        push(&mut special, (name.to_owned(), id))?;
    }
    if special.len() < count as usize {
        return Err(at_line(3, format!("{count} special tokens announced, {} found", special.len())));
    }
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for (line, number) in lines {
        if line.strip_suffix('\r').unwrap_or(line).is_empty() {
            continue;
        }
        let [left, right] = numbers(line, number)?;
        if left.max(right) as usize >= 256 + pairs.len() {
            return Err(at_line(number, format!("{} is not a token before this merge", left.max(right))));
        }
        push(&mut pairs, (left, right))?;
    }
    let order: [u8; 256] = std::array::from_fn(|byte| u8::try_from(byte).unwrap_or_default());
    let pattern = if pattern.is_empty() { "none" } else { pattern };
    Ok(Definition { vocab: of_pairs(&order, &pairs)?, fields: Fields::new(pattern, special) })
}

fn numbers<const N: usize>(line: &str, number: usize) -> Result<[u32; N]> {
    let mut fields = line.split_whitespace();
    let mut found = [0; N];
    let is_read = found.iter_mut().all(|found| {
        let id = fields.next().and_then(|field| id_of(field.as_bytes()));
        *found = id.unwrap_or(0);
        id.is_some()
    });
    if is_read && fields.next().is_none() {
        return Ok(found);
    }
    let what = if N == 1 { "a whole number".into() } else { format!("{N} whole numbers") };
    Err(at_line(number, format!("not {what} from 0 to {MAX_ID}: {}", quoted(line))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let read = parse(b"minbpe v1\n\n1\n<|end|> 258\n97 98\r\n256 99\n").unwrap();
        assert_eq!((&*read.fields.pattern, &read.fields.special_tokens[..]), ("none", &[("<|end|>".into(), 258)][..]));
        assert_eq!(read.vocab.core().token_bytes(257), Some(&b"abc"[..]));
        for (text, told) in [
            ("minbpe v2\n", "line 1: not a minbpe model"),
            ("minbpe v1\n", "line 2: the file ends before"),
            ("minbpe v1\n\nx\n", "line 3: not a whole number"),
            ("minbpe v1\n\n2\n<s> 256", "line 3: 2 special tokens announced, 1 found"),
            ("minbpe v1\n\n0\n97\n", "line 4: not 2 whole numbers"),
            ("minbpe v1\n\n0\n97 300\n", "line 4: 300 is not a token before this merge"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
