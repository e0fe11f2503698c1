//! Base64 -> bytes (RFC 4648, 4), and back. Must equal `base64.b64decode(text, validate=True)` of Python.

#![expect(clippy::cast_possible_truncation, reason = "there are 64 digits")]

use super::decline::Decline::NotMine;
use super::decline::Read;
use crate::fast::util::fallible::append;

/// No digit.
const NONE: u8 = 0xFF;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Appends the bytes that a text stands for.
pub(crate) fn decode(text: &[u8], out: &mut Vec<u8>) -> Read<()> {
    let (groups, []) = text.as_chunks::<4>() else { return Err(NotMine) };
    let Some((&last, groups)) = groups.split_last() else { return Ok(()) };
    for &group in groups {
        append(out, &number(group)?.to_be_bytes()[1..])?;
    }
    // Padding is at the end only; the bits before it that stand for nothing may be any.
    let (kept, last) = match last {
        [one, two, b'=', b'='] => (1, [one, two, b'A', b'A']),
        [one, two, three, b'='] => (2, [one, two, three, b'A']),
        whole => (3, whole),
    };
    let bytes = number(last)?.to_be_bytes();
    Ok(append(out, &bytes[1..=kept])?)
}

/// Bytes in base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let number = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// The 24 bits of four digits.
#[inline]
fn number(group: [u8; 4]) -> Read<u32> {
    let values = group.map(|digit| VALUES[usize::from(digit)]);
    if values.contains(&NONE) {
        return Err(NotMine);
    }
    Ok(values.iter().fold(0, |number, &value| number << 6 | u32::from(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut out = b"before".to_vec();
        decode(text.as_bytes(), &mut out).ok().map(|()| out[6..].to_vec())
    }

    #[test]
    fn by_hand() {
        for (text, bytes) in [
            ("", ""),
            ("YQ==", "a"),
            ("YWI=", "ab"),
            ("YWJj", "abc"),
            ("YWJjZA==", "abcd"),
            ("YR==", "a"),
            ("YWJ=", "ab"),
            ("+/+/", "\u{fb}"),
        ] {
            let expected = if text == "+/+/" { vec![0xFB, 0xFF, 0xBF] } else { bytes.as_bytes().to_vec() };
            assert_eq!(decoded(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_base64_is_declined() {
        for text in ["Y", "YQ", "YQ=", "=", "====", "Y===", "YQ==YQ==", "Y Q=", "YQ=a", "YQ-_", "YQ==\n", "é="] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
