//! Bytes as characters: the notation of GPT-2's files and of every byte-level `tokenizer.json`.
//!
//! A printable byte is its own character; the other 68 are the characters from U+0100 on: a space is `Ġ`, a newline `Ċ`. Some
//! published tokenizers cut these characters by a pattern, too (P9).
//!
//! By hand: `é 1` is the bytes C3 A9 20 31, and so the characters `Ã` `©` `Ġ` `1`: the space has become a letter.
//!
//! Invariants: every byte has a character, and no two have the same.
//!
//! Costs: O(n) for n bytes.
//!
//! Implements SPEC P9.

const PRINTABLE: [(u32, u32); 3] = [(0x21, 0x7E), (0xA1, 0xAC), (0xAE, 0xFF)];

/// The character of each byte.
pub const fn byte_chars() -> [char; 256] {
    let mut chars = ['\0'; 256];
    let (mut byte, mut next) = (0, 0x100);
    while byte < 256 {
        let mut printable = false;
        let mut range = 0;
        while range < PRINTABLE.len() {
            printable |= PRINTABLE[range].0 <= byte && byte <= PRINTABLE[range].1;
            range += 1;
        }
        if let Some(char) = char::from_u32(if printable { byte } else { next }) {
            chars[byte as usize] = char;
        }
        next += !printable as u32;
        byte += 1;
    }
    chars
}

pub const CHARS: [char; 256] = byte_chars();

/// The bytes as characters.
pub fn to_chars(data: &[u8]) -> String {
    data.iter().map(|&byte| CHARS[usize::from(byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(to_chars("é 1\n".as_bytes()), "Ã©Ġ1Ċ");
        assert_eq!(to_chars(&[0xAD, 0xFF, 0]), "\u{143}ÿĀ");
        assert_eq!(CHARS.iter().collect::<std::collections::BTreeSet<_>>().len(), 256);
    }
}
