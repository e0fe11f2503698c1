//! The vectors as values of the crate.

use minitok::error::{Error, Result};
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::normalize::{Normalizer, Step};
use minitok::reference::published::packed_vocab::unpack;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::vocabs::{Alphabet, Merge, Symbols, Tokens, Vocab, check_token_bytes};
use minitok::reference::published::words::WordCutter;
use serde_json::Value;
use std::sync::Arc;

/// Run a check on each case of a file that has a key; there must be some.
pub fn each(file: &str, having: &str, check: impl Fn(&Value)) {
    let path = format!("{}/tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let content: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases: Vec<&Value> = list(&content["cases"]).iter().filter(|case| !case[having].is_null()).collect();
    assert!(!cases.is_empty(), "{file}.json has no case with {having:?}");
    for case in cases {
        println!("{file}.json: {}", case["name"]); // shown when the check fails
        let mut whole = content["unless_given"].as_object().cloned().unwrap_or_default();
        whole.extend(case.as_object().unwrap().clone());
        check(&whole.into());
    }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

pub fn numbers(value: &Value) -> Vec<u32> {
    list(value).iter().map(number).collect()
}

pub fn pairs(value: &Value) -> Vec<(u32, u32)> {
    list(value).iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

pub fn bytes(value: &Value) -> Vec<u8> {
    if let Some(text) = value.as_str() {
        return text.into();
    }
    if let Some(repeated) = value["repeat"].as_str() {
        return repeated.repeat(number(&value["times"]) as usize).into();
    }
    if let Some(units) = value["utf16"].as_str() {
        let units: Vec<u16> = units.split(' ').map(|unit| u16::from_str_radix(unit, 16).unwrap()).collect();
        return String::from_utf16_lossy(&units).into();
    }
    let digits = text(&value["hex"]);
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// The bytes in the order of their ids.
pub fn byte_order(value: &Value) -> [u8; 256] {
    let printable = |byte: &u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut order: Vec<u8> = (0..=255).collect();
    match value.as_str() {
        None | Some("identity") => {}
        Some("gpt2") => order.sort_by_key(|byte| !printable(byte)),
        Some(other) => panic!("byte order {other:?}"),
    }
    order.try_into().unwrap()
}

pub fn vocab(value: &Value) -> Result<Vocab> {
    let with_singles = |more: &Value| -> Vec<(Vec<u8>, u32)> {
        let without = numbers(&value["without"]);
        let singles = (0..=255u8).map(|byte| (vec![byte], u32::from(byte)));
        let more = list(more).iter().map(|token| (bytes(&token[0]), number(&token[1])));
        singles.filter(|(_, id)| !without.contains(id)).chain(more).collect()
    };
    if value["packed"].is_object() {
        return unpack(&bytes(&value["packed"]), value["below"].is_number().then(|| number(&value["below"])));
    }
    if value["ranks"].is_array() {
        return Vocab::from_ranks(&with_singles(&value["ranks"]));
    }
    let tokens =
        || list(&value["tokens"]).iter().map(|token| (bytes(&token[0]), number(&token[1]))).collect::<Vec<_>>();
    if value["scores"].is_array() {
        let scored = |piece: &Value| (bytes(&piece[0]), number(&piece[1]), piece[2].as_f64().unwrap());
        return Vocab::from_scores(&list(&value["scores"]).iter().map(scored).collect::<Vec<_>>(), (0..256).collect());
    }
    let fallback: Option<Vec<u32>> = match &value["fallback"] {
        Value::Null => None,
        Value::Number(_) => Some((0..number(&value["fallback"])).collect()),
        _ => Some((0..256).collect()),
    };
    if value["symbols"].is_object() {
        let alphabet = Alphabet { symbols: Some(symbols(&value["symbols"])), ..Alphabet::default() };
        let whole_pieces = value["whole_pieces"].as_bool().unwrap_or(false);
        return Vocab::from_tokens(&tokens(), &pairs(&value["merges"]), whole_pieces, alphabet);
    }
    if value["full_merges"].is_array() {
        let mut all = Tokens::default();
        for (token, id) in with_singles(&value["tokens"]) {
            all.set(id, &token)?;
        }
        let merge = |merge: &Value| {
            let numbers = numbers(merge);
            Merge { left: numbers[0], right: numbers[1], id: numbers[2], rank: numbers[3] }
        };
        let merges = list(&value["full_merges"]).iter().map(merge).collect();
        return Vocab::new(all, merges, false, Alphabet { fallback, ..Alphabet::default() });
    }
    if fallback.is_some() {
        let alphabet = Alphabet { fallback, ..Alphabet::default() };
        let whole_pieces = value["whole_pieces"].as_bool().unwrap_or(false);
        return Vocab::from_tokens(&tokens(), &pairs(&value["merges"]), whole_pieces, alphabet);
    }
    if value["tokens"].is_array() {
        let alphabet = Alphabet { drops_bytes: value["drops_bytes"].is_boolean(), ..Alphabet::default() };
        let whole_pieces = value["whole_pieces"].as_bool().unwrap();
        return Vocab::from_tokens(&with_singles(&value["tokens"]), &pairs(&value["merges"]), whole_pieces, alphabet);
    }
    let merges = pairs(&value["merges"]);
    value["most_bytes"].as_u64().map_or(Ok(()), |most| check_token_bytes(&merges, most))?;
    Vocab::from_merges(&byte_order(&value["byte_order"]), &merges)
}

fn symbols(value: &Value) -> Symbols {
    let mark = |value: &Value| if value.is_null() { Vec::new() } else { bytes(value) };
    Symbols {
        unit: value["unit"].as_str().unwrap_or("characters").into(),
        unknown: value["unknown"].is_number().then(|| number(&value["unknown"])),
        fuses: value["fuses"].as_bool().unwrap_or(false),
        prefix: mark(&value["prefix"]),
        suffix: mark(&value["suffix"]),
        joining: value["joining"].as_array().map(|joining| (text(&joining[0]).into(), mark(&joining[1]))),
    }
}

pub fn special(case: &Value) -> Result<SpecialTokens> {
    let ids = |value: &Value| -> Vec<(String, u32)> {
        value.as_object().into_iter().flatten().map(|(name, id)| (name.clone(), number(id))).collect()
    };
    let added = ids(&case["added_tokens"]);
    let owned = |value: &Value| names(value).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let flags = case["token_flags"].as_object().into_iter().flatten();
    let flags = flags.map(|(name, own)| (name.clone(), owned(own))).collect();
    let names = added.iter().map(|(name, _)| name.clone()).collect();
    SpecialTokens::new([ids(&case["special_tokens"]), added].concat())?.with(names, owned(&case["late_tokens"]), flags)
}

pub fn places(value: &Value) -> Vec<(usize, usize)> {
    pairs(value).into_iter().map(|(start, end)| (start as usize, end as usize)).collect()
}

pub fn codec(case: &Value) -> Result<Codec> {
    let pattern = Pattern::new(case["pattern"].as_str().unwrap_or("none"))?;
    let metaspace = case["prefix"].as_str().map(Metaspace::new).transpose()?;
    let (special, normalizer) = (special(case)?, normalizer(case)?);
    Codec::new(Arc::new(vocab(&case["vocabulary"])?), pattern, special, normalizer, metaspace, None)
}

pub fn normalizer(case: &Value) -> Result<Normalizer> {
    let step = |step: &Value| {
        let parts = if step.is_string() { std::slice::from_ref(step) } else { list(step) };
        let texts: Vec<String> = parts.iter().map(|text| String::from_utf8(bytes(text)).unwrap()).collect();
        Step::new(&texts[0], &texts[1..])
    };
    Normalizer::new(list(&case["steps"]).iter().map(step).collect::<Result<_>>()?)
}

pub fn words_of(case: &Value) -> Result<WordCutter> {
    let end = case["end"].is_string().then(|| bytes(&case["end"]));
    WordCutter::new(case["words"].as_str(), end.as_deref())
}

pub fn names(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

/// What should have been an error.
pub fn refused<T>(made: Result<T>) -> Error {
    made.err().expect("an error")
}

pub fn ends_with(error: &Error, reason: &Value) {
    assert!(error.to_string().ends_with(text(reason)), "{error}\nshould end with {reason}");
}
