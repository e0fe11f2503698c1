//! Vocabularies of characters with byte fallback, as `SentencePiece` trains them (Llama 2, Mistral, Gemma).
//!
//! Merging starts from the characters of a piece instead of its bytes. A character that is not a token becomes its bytes,
//! each with a *fallback* id (`<0xE4>`), which never merges. Everything else is ordinary BPE.
//!
//! By hand: with the token `中` (E4 B8 AD) and the fallback ids 3 to 258, the piece `中丮` begins as the id of `中` and, since `丮`
//! (E4 B8 AE) is not a token, as 231, 187, 177.
//!
//! Invariants: the characters of a piece, joined, are the piece.
//!
//! Costs: O(n) for n bytes.
//!
//! Implements SPEC S1.

use crate::error::{Error, Result};
use crate::tokens::Tokens;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let found: Vec<&[u8]> = characters("a中\u{e9}".as_bytes()).collect();
        assert_eq!(found, [b"a".as_slice(), "中".as_bytes(), "é".as_bytes()]);
        assert_eq!(characters(b"\xFF\xE4a").collect::<Vec<_>>(), [b"\xFF", b"\xE4", b"a"]);
    }
}
