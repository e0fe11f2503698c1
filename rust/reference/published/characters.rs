//! Vocabularies of characters, with byte fallback (Llama 2, Mistral, Gemma) or with an unknown token (GPT-1, NLLB).
//!
//! Merging starts from the characters of a piece instead of its bytes. A character that is not a token becomes its bytes,
//! each with a *fallback* id (`<0xE4>`), which never merges. Everything else is ordinary BPE.
//!
//! A vocabulary without byte fallback has an *unknown* token for a character that is not a token, or drops the character. Such a
//! vocabulary may also write a character differently by its place in the piece: with a prefix unless it comes first, and with a
//! suffix if it comes last. [`Symbols`] says how.
//!
//! By hand: with the token `中` (E4 B8 AD) and the fallback ids 3 to 258, the piece `中丮` begins as the id of `中` and, since `丮`
//! (E4 B8 AE) is not a token, as 231, 187, 177. With the suffix `</w>`, the symbols of `cat` are `c`, `a` and `t</w>`; with the
//! prefix `##`, they are `c`, `##a` and `##t`.
//!
//! Invariants: the characters of a piece, joined, are the piece.
//!
//! Costs: O(n) for n bytes.
//!
//! Implements SPEC S1, S7, S8 and S9.

use crate::error::{Error, Result};
use crate::reference::tokens::Tokens;

const UNITS: [&str; 2] = ["characters", "bytes"];
/// How tokens are joined to text (S9).
const JOININGS: [&str; 4] = ["spaces", "prefix", "cleaned_prefix", "suffix"];

/// What pieces begin as, in a vocabulary that lacks tokens for some text, and how tokens are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols {
    /// What a symbol is: `characters` or `bytes`.
    pub unit: String,
    /// The id for a symbol that is not a token; None: it is dropped.
    pub unknown: Option<u32>,
    /// Whether a run of such symbols has one unknown id together.
    pub fuses: bool,
    /// Stands before each symbol of a piece but the first.
    pub prefix: Vec<u8>,
    /// Stands after the last symbol of a piece.
    pub suffix: Vec<u8>,
    /// How tokens are joined (`spaces`, `prefix`, `cleaned_prefix` or `suffix`) and the mark; None: they are concatenated.
    pub joining: Option<(String, Vec<u8>)>,
}

impl Symbols {
    /// Calls `emit` with each symbol of a piece as it is written.
    pub fn written(&self, piece: &[u8], mut emit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut symbol = Vec::new();
        let mut write = |unit: &[u8], first: bool, last: bool| {
            symbol.clear();
            symbol.extend_from_slice(if first { b"" } else { &self.prefix });
            symbol.extend_from_slice(unit);
            symbol.extend_from_slice(if last { &self.suffix } else { b"" });
            emit(&symbol)
        };
        let (mut first, mut done) = (true, 0);
        let mut place = |unit: &[u8]| {
            done += unit.len();
            write(unit, std::mem::take(&mut first), done == piece.len())
        };
        if self.unit == "characters" {
            characters(piece).try_for_each(place)
        } else {
            piece.chunks(1).try_for_each(&mut place)
        }
    }

    /// The token without the prefix and the suffix.
    pub fn without<'t>(&self, token: &'t [u8]) -> &'t [u8] {
        let token = token.strip_prefix(&self.prefix[..]).unwrap_or(token);
        token.strip_suffix(&self.suffix[..]).unwrap_or(token)
    }
}

/// The characters of a piece, each as its bytes; a byte that is not part of one counts as one.
pub fn characters(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    piece.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid();
        let chars = valid.char_indices().map(|(at, char)| &valid.as_bytes()[at..at + char.len_utf8()]);
        chars.chain(chunk.invalid().chunks(1))
    })
}

/// Checks that each byte has a separate id, which stands for that byte.
pub fn check_fallback(tokens: &Tokens, fallback: &[u32]) -> Result<()> {
    if fallback.len() != 256 {
        let reason = format!("there are fallback ids for {} bytes, not for 256", fallback.len());
        return Err(Error::Vocabulary(reason));
    }
    for (byte, &id) in (0..=255u8).zip(fallback) {
        if tokens.get(id) != Some(&[byte]) {
            let reason = format!("the fallback id {id} does not stand for the byte 0x{byte:02x}");
            return Err(Error::Vocabulary(reason));
        }
    }
    Ok(())
}

/// Gives the fallback ids their bytes.
pub fn add_fallback(tokens: &mut Tokens, fallback: Option<&[u32]>) -> Result<()> {
    for (byte, &id) in (0..=255u8).zip(fallback.unwrap_or_default()) {
        tokens.give(id, &[byte])?;
    }
    Ok(())
}

/// Checks that the unknown id is a token, and that the rules have a known name.
pub fn check_symbols(tokens: &Tokens, symbols: &Symbols) -> Result<()> {
    let Symbols { unit, unknown, joining, .. } = symbols;
    let fail = |reason| Err(Error::Vocabulary(reason));
    if !UNITS.contains(&unit.as_str()) {
        return fail(format!("unknown unit '{unit}' of symbols; expected one of {}", UNITS.join(", ")));
    }
    if let Some(id) = unknown
        && tokens.get(*id).is_none()
    {
        return fail(format!("the unknown id {id} is not a token"));
    }
    if let Some((rule, mark)) = joining {
        if !JOININGS.contains(&rule.as_str()) {
            return fail(format!("unknown joining '{rule}'; expected one of {}", JOININGS.join(", ")));
        }
        if rule == "suffix" && mark.is_empty() {
            return fail("the suffix by which tokens are joined is empty".into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_by_hand() {
        let symbols = |unit: &str, prefix: &str, suffix: &str, piece: &str| {
            let (unit, prefix, suffix) = (unit.into(), prefix.into(), suffix.into());
            let symbols = Symbols { unit, unknown: None, fuses: false, prefix, suffix, joining: None };
            let mut found = Vec::new();
            let emit = |symbol: &[u8]| {
                found.push(String::from_utf8_lossy(symbol).into_owned());
                Ok(())
            };
            symbols.written(piece.as_bytes(), emit).unwrap();
            found
        };
        assert_eq!(symbols("characters", "##", "</w>", "c\u{e4}t"), ["c", "##\u{e4}", "##t</w>"]);
        assert_eq!(symbols("bytes", "", "</w>", "\u{e4}"), ["\u{fffd}", "\u{fffd}</w>"]);
        assert!(symbols("characters", "##", "</w>", "").is_empty());
    }

    #[test]
    fn by_hand() {
        let found: Vec<&[u8]> = characters("a中\u{e9}".as_bytes()).collect();
        assert_eq!(found, [b"a".as_slice(), "中".as_bytes(), "é".as_bytes()]);
        assert_eq!(characters(b"\xFF\xE4a").collect::<Vec<_>>(), [b"\xFF", b"\xE4", b"a"]);
    }
}
