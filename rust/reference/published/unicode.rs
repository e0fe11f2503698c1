//! Which characters are letters, digits, white space: sets of characters from one table.
//!
//! Both languages read the same file, `unicode_16.txt` (Unicode 16.0.0, the version that defines tiktoken's ids), because the
//! tables inside regular-expression engines differ from release to release, and a character that becomes a letter changes how
//! the text around it is cut.
//!
//! A set is a list of ranges `(first, last)`, ascending, disjoint and not adjacent, of *scalar values*: code points except
//! the surrogates D800-DFFF, which well-formed text does not contain.
//!
//! By hand: `Nd` begins `30-39 660-669`, so `property_set("Nd")` begins `(0x30, 0x39), (0x660, 0x669)`, and its complement
//! begins `(0x0, 0x2F), (0x3A, 0x65F)`.
//!
//! Costs, r the number of ranges: union O(r log r), complement O(r), case folding O(o log r) for the o = 1,400 groups of
//! characters that differ only by case.
//!
//! Implements SPEC P5.

use crate::support::once::Once;
use foldhash::{HashMap, HashMapExt};

pub const VERSION: &str = "16.0.0";

pub type CharSet = Vec<(u32, u32)>;

const LAST: u32 = 0x0010_FFFF;
const SURROGATES: (u32, u32) = (0xD800, 0xDFFF);

/// Groups of general categories, by their short and their long names.
fn group(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "l" | "letter" => &["lu", "ll", "lt", "lm", "lo"],
        "lc" | "l&" => &["lu", "ll", "lt"],
        "m" | "mark" => &["mn", "mc", "me"],
        "n" | "number" => &["nd", "nl", "no"],
        "p" | "punctuation" => &["pc", "pd", "ps", "pe", "pi", "pf", "po"],
        "s" | "symbol" => &["sm", "sc", "sk", "so"],
        "z" | "separator" => &["zs", "zl", "zp"],
        "c" | "other" => &["cc", "cf", "co", "cn"],
        _ => return None,
    })
}

/// The set of each property by its lower-case name, and the groups of characters that differ only by case.
pub struct UnicodeTable {
    properties: HashMap<String, CharSet>,
    folds: Vec<Vec<u32>>,
}

pub fn table() -> &'static UnicodeTable {
    static TABLE: Once<UnicodeTable> = Once::new();
    TABLE.get_or_make(|| {
        let mut table = UnicodeTable { properties: HashMap::new(), folds: Vec::new() };
        let number = |field: &str| u32::from_str_radix(field, 16).unwrap_or_else(|_| unreachable!("bundled table"));
        for line in include_str!("../../../python/minitok/reference/published/unicode_16.txt").lines() {
            let mut fields = line.split_ascii_whitespace();
            match fields.next() {
                Some("fold") => table.folds = fields.map(|group| group.split('=').map(number).collect()).collect(),
                Some(name) if !name.starts_with('#') => {
                    let range = |field: &str| {
                        let (first, last) = field.split_once('-').unwrap_or((field, field));
                        (number(first), number(last))
                    };
                    table.properties.insert(name.to_lowercase(), fields.map(range).collect());
                }
                _ => {}
            }
        }
        table
    })
}

/// Returns the characters that `\p{name}` matches: a general category, a script, or one of three properties.
pub fn property_set(name: &str) -> Result<CharSet, String> {
    let lower = name.trim_matches(' ').to_lowercase().replace(' ', "_");
    let mut key = lower.as_str();
    for prefix in ["gc=", "general_category=", "sc=", "script="] {
        key = key.strip_prefix(prefix).unwrap_or(key);
    }
    if key == "any" {
        return Ok(complement(&[]));
    }
    let properties = &table().properties;
    if let Some(members) = group(key) {
        return Ok(union(members.iter().flat_map(|&member| properties[member].iter().copied())));
    }
    properties.get(key).cloned().ok_or_else(|| format!("unknown Unicode property '{name}'"))
}

/// `\s`: the property `White_Space`.
pub fn white_space() -> CharSet {
    table().properties["white_space"].clone()
}

/// `\w`: letters and what joins them, as defined in Unicode's UTS 18.
pub fn word() -> CharSet {
    let names = ["Alphabetic", "M", "Nd", "Pc", "Join_Control"];
    union(names.iter().flat_map(|name| property_set(name).unwrap_or_default()))
}

/// Returns the union of the ranges.
pub fn union(ranges: impl IntoIterator<Item = (u32, u32)>) -> CharSet {
    let mut sorted: Vec<(u32, u32)> = ranges.into_iter().collect();
    #[expect(clippy::stable_sort_primitive, reason = "a stable sort makes use of stretches that are in order already")]
    sorted.sort();
    let mut merged: CharSet = Vec::new();
    for (first, last) in sorted {
        match merged.last_mut() {
            Some(open) if first <= open.1 + 1 => open.1 = open.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// Returns all scalar values that are not in the set.
pub fn complement(chars: &[(u32, u32)]) -> CharSet {
    let mut gaps = Vec::new();
    let mut start = 0;
    for (first, last) in union(chars.iter().copied().chain([SURROGATES])) {
        if start < first {
            gaps.push((start, first - 1));
        }
        start = last + 1;
    }
    if start <= LAST {
        gaps.push((start, LAST));
    }
    gaps
}

/// The characters of the first set that are not in the second.
pub fn difference(chars: &[(u32, u32)], others: &[(u32, u32)]) -> CharSet {
    complement(&union(complement(chars).into_iter().chain(others.iter().copied())))
}

/// Returns whether the set holds the code point.
pub fn contains(chars: &[(u32, u32)], char: u32) -> bool {
    let index = chars.partition_point(|range| range.0 <= char);
    index > 0 && char <= chars[index - 1].1
}

/// Adds every character that differs from a member of the set only by case (`s`: also `S` and U+017F).
pub fn fold_case(chars: &[(u32, u32)]) -> CharSet {
    let touched = table().folds.iter().filter(|group| group.iter().any(|&char| contains(chars, char)));
    union(chars.iter().copied().chain(touched.flatten().map(|&char| (char, char))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table equals that of the crate which defines tiktoken's ids; neither can change alone.
    #[test]
    fn the_table_is_that_of_regex_syntax() {
        for name in ["Lu", "Ll", "Lt", "Lm", "Lo", "M", "Nd", "Nl", "No", "P", "S", "Z", "C", "White_Space", "Han"] {
            let hir = regex_syntax::parse(&format!(r"\p{{{name}}}")).unwrap();
            let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) = hir.kind() else {
                panic!("{name} is not a class");
            };
            let theirs: CharSet = class.iter().map(|range| (range.start() as u32, range.end() as u32)).collect();
            // Complementing twice removes the surrogates that one of their ranges may span.
            assert_eq!(property_set(name).unwrap(), complement(&complement(&theirs)), "{name}");
        }
    }

    #[test]
    fn sets_behave_as_sets() {
        assert_eq!(property_set("Nd").unwrap()[..2], [(0x30, 0x39), (0x660, 0x669)]);
        assert_eq!(complement(&property_set("Nd").unwrap())[..2], [(0, 0x2F), (0x3A, 0x65F)]);
        assert_eq!(fold_case(&[(0x73, 0x73)]), [(0x53, 0x53), (0x73, 0x73), (0x17F, 0x17F)]);
        assert!(property_set("Klingon").is_err());
    }
}
