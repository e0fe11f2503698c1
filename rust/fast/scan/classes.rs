//! The kind of a character: one byte of flags, found in two table look-ups.
//!
//! The patterns ask seven questions of a character (upper case? white space? ...). Each answer is one bit, so a set of classes
//! such as "letter or mark" is one `&`. `BLOCK_OF[c / 128]` names one of some 230 blocks of 128 flags in `FLAGS`. The compiler
//! makes both from `python/minitok/reference/published/unicode_16.txt`, which the mirror `rust/reference/published/unicode.rs`
//! reads too: 43 KB in the binary, no work at run time.
//!
//! Text is any bytes: each byte of a truncated, overlong or surrogate sequence counts as one character of class [`OTHER`] (SPEC E5).

#![expect(clippy::cast_possible_truncation, reason = "there are fewer blocks than 256, and 256 characters a block")]

/// `Lu` and `Lt`.
pub(super) const UPPER: u8 = 1;
/// `Ll`.
pub(super) const LOWER: u8 = 2;
/// `Lm` and `Lo`: letters without case.
pub(super) const CASELESS: u8 = 4;
/// `M`.
pub(super) const MARK: u8 = 8;
/// `N`.
pub(super) const NUMBER: u8 = 16;
/// `White_Space`.
pub(super) const WHITE: u8 = 32;
/// None of the above.
pub(super) const OTHER: u8 = 64;
/// Carriage return and line feed: `WHITE` as well.
pub(super) const NEWLINE: u8 = 128;
/// No character at all: `NEWLINE` without `WHITE`.
pub(super) const ILL_FORMED: u8 = NEWLINE;
/// `\p{L}`.
pub(super) const LETTER: u8 = UPPER | LOWER | CASELESS;

const BLOCK: usize = 128;
/// A byte numbers the blocks, so no look-up needs a bounds check; some 230 are in use.
const BLOCKS: usize = 256;
const CODE_POINTS: usize = 0x11_0000;
const SURROGATES: std::ops::Range<usize> = 0xD800..0xE000;

/// The flags of every code point, and which blocks hold anything but [`OTHER`].
struct Spread {
    flags: [u8; CODE_POINTS],
    touched: [bool; CODE_POINTS / BLOCK],
}

struct Table {
    block_of: [u8; CODE_POINTS / BLOCK],
    flags: [[u8; BLOCK]; BLOCKS],
}

const SOURCE: &[u8] = include_bytes!("../../../python/minitok/reference/published/unicode_16.txt");
const TABLE: Table = compress(&spread(SOURCE));
static BLOCK_OF: [u8; CODE_POINTS / BLOCK] = TABLE.block_of;
static FLAGS: [[u8; BLOCK]; BLOCKS] = TABLE.flags;

static SHORT_ROWS: [u16; 1024 + 32] = short_rows();

/// The flags of a scalar value; [`ILL_FORMED`] for a surrogate.
#[inline(always)]
pub(super) fn flags_of(code_point: u32) -> u8 {
    let block = BLOCK_OF[code_point as usize / BLOCK];
    FLAGS[block as usize][code_point as usize % BLOCK]
}

/// The flags of the character of two or three bytes that begins with these three; [`ILL_FORMED`] if it is overlong or a surrogate.
/// The caller has checked the continuation bytes.
#[inline(always)]
pub(super) fn short_flags(lead: u8, second: u8, third: u8) -> u8 {
    let (row, last) = if lead < 0xE0 {
        (1024 | usize::from(lead & 0x1F), second)
    } else {
        (usize::from(lead & 0x0F) << 6 | usize::from(second & 0x3F), third)
    };
    let place = usize::from(SHORT_ROWS[row]) | usize::from(last & 0x3F);
    FLAGS.as_flattened()[place % (BLOCK * BLOCKS)]
}

/// Where in `FLAGS` the 64 characters with the same bytes but the last are: 1,024 rows for three bytes, 32 for two.
const fn short_rows() -> [u16; 1024 + 32] {
    const fn row(code_point: usize) -> u16 {
        (TABLE.block_of[code_point / BLOCK] as usize * BLOCK + code_point % BLOCK) as u16
    }
    // Surrogates are ill-formed, and so lend their row to overlong sequences.
    let mut rows = [row(SURROGATES.start); 1024 + 32];
    let mut at = 0x80;
    while at < 0x1_0000 {
        rows[if at < 0x800 { 1024 + at / 64 } else { at / 64 }] = row(at);
        at += 64;
    }
    rows
}

/// The flags and the length in bytes of the character at `at`; `(0, 0)` at the end of the text.
#[inline(always)]
pub(super) fn char_at(text: &[u8], at: usize) -> (u8, usize) {
    match text.get(at) {
        Some(&byte) if byte < 0x80 => (FLAGS[0][byte as usize], 1),
        Some(&lead) => wide_char(lead, &text[at + 1..]),
        None => (0, 0),
    }
}

/// For a character that is not ASCII: its first byte and all that follows it.
#[inline]
fn wide_char(lead: u8, rest: &[u8]) -> (u8, usize) {
    let continues = |byte: u8| byte & 0xC0 == 0x80;
    let (flags, length) = match (lead, rest) {
        (0xC0..0xE0, &[second, ..]) if continues(second) => (short_flags(lead, second, 0), 2),
        (0xE0..0xF0, &[second, third, ..]) if continues(second) && continues(third) => {
            (short_flags(lead, second, third), 3)
        }
        (0xF0..=0xF4, &[second, third, fourth, ..]) if [second, third, fourth].into_iter().all(continues) => {
            let tail = u32::from(second & 0x3F) << 12 | u32::from(third & 0x3F) << 6 | u32::from(fourth & 0x3F);
            let value = u32::from(lead & 0x07) << 18 | tail;
            let flags = if (0x1_0000..0x11_0000).contains(&value) { flags_of(value) } else { ILL_FORMED };
            (flags, 4)
        }
        _ => (ILL_FORMED, 1),
    };
    if flags == ILL_FORMED { (OTHER, 1) } else { (flags, length) }
}

/// The ranges of `\p{Han}`, which has no flag: one grammar alone asks.
const HAN: [(u32, u32); 22] = {
    let mut ranges = [(0, 0); 22];
    let (mut at, mut count) = (0, 0);
    while at < SOURCE.len() {
        let (name, mut end) = word(SOURCE, at);
        while SOURCE[end] == b' ' && matches!(name, b"Han") {
            let (range, next) = word(SOURCE, end + 1);
            (ranges[count], count, end) = (bounds(range), count + 1, next);
        }
        while SOURCE[end] != b'\n' {
            end += 1;
        }
        at = end + 1;
    }
    assert!(count == ranges.len());
    ranges
};

/// Whether the bytes are a Han character: a letter, number, mark or radical.
pub(super) fn is_han(bytes: &[u8]) -> bool {
    let character = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next());
    character.is_some_and(|c| {
        let c = u32::from(c);
        HAN.get(HAN.partition_point(|&(_, last)| last < c)).is_some_and(|&(first, _)| first <= c)
    })
}

/// By the first two bytes and the flags of a character: whether it is a Han letter; and whether these do not decide it.
#[inline(always)]
pub(super) fn han_letter(lead: u8, second: u8, flags: u8) -> (bool, bool) {
    match (lead, second) {
        // U+3400 to U+9FFF have letters, and the hexagrams.
        (0xE3, 0x90..) | (0xE4..=0xE9, _) => (flags & CASELESS != 0, false),
        // U+3000 to U+303F: some letters and numbers.
        (0xE3, 0x80) => (false, flags & (CASELESS | NUMBER) != 0),
        // From U+2E80, U+F900, U+16000 and U+20000 on.
        (0xE2, 0xBA..) | (0xEF, 0xA4..=0xAB) | (0xF0, 0x96 | 0xA0..) => (false, true),
        _ => (false, false),
    }
}

const fn flag_named(name: &[u8]) -> u8 {
    match name {
        b"Lu" | b"Lt" => UPPER,
        b"Ll" => LOWER,
        b"Lm" | b"Lo" => CASELESS,
        b"Mn" | b"Mc" | b"Me" => MARK,
        b"Nd" | b"Nl" | b"No" => NUMBER,
        b"White_Space" => WHITE,
        _ => 0,
    }
}

#[allow(clippy::large_stack_arrays, reason = "the compiler's stack, not the program's")]
/// Reads the table of ranges into one flag byte per code point.
const fn spread(source: &[u8]) -> Spread {
    let mut all = Spread { flags: [OTHER; CODE_POINTS], touched: [false; CODE_POINTS / BLOCK] };
    let mut at = 0;
    while at < source.len() {
        let (name, mut end) = word(source, at);
        let flag = flag_named(name);
        while source[end] == b' ' && flag != 0 {
            let (range, next) = word(source, end + 1);
            let (first, last) = bounds(range);
            set(&mut all, first as usize, last as usize + 1, flag);
            end = next;
        }
        while source[end] != b'\n' {
            end += 1;
        }
        at = end + 1;
    }
    all.flags[b'\r' as usize] |= NEWLINE;
    all.flags[b'\n' as usize] |= NEWLINE;
    set(&mut all, SURROGATES.start, SURROGATES.end, ILL_FORMED);
    all
}

const fn word(source: &[u8], at: usize) -> (&[u8], usize) {
    let mut end = at;
    while source[end] != b' ' && source[end] != b'\n' {
        end += 1;
    }
    (source.split_at(end).0.split_at(at).1, end)
}

/// The first and the last code point of `FIRST-LAST`, or of one code point alone, in hexadecimal.
const fn bounds(range: &[u8]) -> (u32, u32) {
    let (mut first, mut last, mut at) = (None, 0, 0);
    while at < range.len() {
        match range[at] {
            b'-' => {
                first = Some(last);
                last = 0;
            }
            digit => last = last * 16 + (digit as char).to_digit(16).expect("a hexadecimal digit"),
        }
        at += 1;
    }
    (if let Some(first) = first { first } else { last }, last)
}

const fn set(all: &mut Spread, mut at: usize, end: usize, flag: u8) {
    while at < end {
        all.flags[at] = flag;
        all.touched[at / BLOCK] = true;
        at += 1;
    }
}

/// Stores each different block once; the block of ASCII comes first.
#[allow(clippy::large_stack_arrays, reason = "the compiler's stack, not the program's")]
const fn compress(all: &Spread) -> Table {
    let mut table = Table { block_of: [0; CODE_POINTS / BLOCK], flags: [[OTHER; BLOCK]; BLOCKS] };
    // The last block is the untouched one; the others are numbered as they come.
    let (mut block, mut distinct, mut last) = (0, 0, 0);
    while block < CODE_POINTS / BLOCK {
        let mut known = BLOCKS - 1;
        if all.touched[block] {
            // Neighbours are often equal, so the block before is tried first.
            known = last;
            if distinct == 0 || !equal(&table.flags[known], &all.flags, block * BLOCK) {
                known = 0;
                while known < distinct && !equal(&table.flags[known], &all.flags, block * BLOCK) {
                    known += 1;
                }
            }
            if known == distinct {
                let mut i = 0;
                while i < BLOCK {
                    table.flags[known][i] = all.flags[block * BLOCK + i];
                    i += 1;
                }
                distinct += 1;
            }
            last = known;
        }
        table.block_of[block] = known as u8;
        block += 1;
    }
    assert!(distinct < BLOCKS, "a byte must be enough to number the blocks");
    table
}

const fn equal(block: &[u8; BLOCK], all: &[u8; CODE_POINTS], at: usize) -> bool {
    let mut i = 0;
    while i < BLOCK {
        if block[i] != all[at + i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_at_the_end_of_a_text() {
        assert_eq!(char_at(b"", 0), (0, 0));
        assert_eq!(char_at(b"a", 1), (0, 0));
        assert_eq!(char_at(b"a", 5), (0, 0));
    }
}
