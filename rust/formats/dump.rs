//! A tokenizer as one of minitok's own files, to the byte as `python/minitok/formats/native.py` has it; read by [`native`](super::native).

use super::definition::{Definition, Fields};
use super::native::{VERSION, gpt2_byte_order};
use super::value::Value;
use crate::error::Result;
use crate::fast::read::base64::encode;
use crate::fast::util::fallible::push_str;
use crate::reference::published::normalize::Step;
use crate::reference::published::vocabs::{Alphabet, Merge, Symbols, Vocab};
use std::collections::BTreeSet;

pub fn dump(definition: &Definition) -> Result<String> {
    let (vocab, mut out) = (definition.vocab.core(), String::new());
    let (mut head, order) = (head(&definition.fields, &vocab.alphabet), plain_order(vocab));
    head.push(match &order {
        None => ("whole_pieces", Value::Flag(vocab.whole_pieces)),
        Some(order) if order.iter().copied().eq(0..=255) => ("byte_order", Value::Text("identity".into())),
        Some(order) if *order == gpt2_byte_order() => ("byte_order", Value::Text("gpt2".into())),
        Some(order) => ("byte_order", Value::List(order.iter().map(|&byte| Value::Whole(byte.into())).collect())),
    });
    for (number, (name, value)) in head.iter().enumerate() {
        push_str(&mut out, &format!("{}\n\"{name}\": ", if number == 0 { '{' } else { ',' }))?;
        value.write(&mut out)?;
    }
    if order.is_none() {
        let row = |(id, token): (u32, &[u8])| format!("[{id}, \"{}\"]", encode(token));
        write_rows("tokens", vocab.tokens.iter().map(row), &mut out)?;
    }
    let row = |&Merge { left, right, id, rank }: &Merge| match order {
        Some(_) => format!("[{left}, {right}]"),
        None => format!("[{left}, {right}, {id}, {rank}]"),
    };
    write_rows("merges", vocab.merges().iter().map(row), &mut out)?;
    push_str(&mut out, "\n}\n").map(|()| out)
}

/// Appends a list as a field, each row on its own line.
fn write_rows(name: &str, rows: impl Iterator<Item = String>, out: &mut String) -> Result<()> {
    push_str(out, &format!(",\n\"{name}\": [\n"))?;
    for (number, row) in rows.enumerate() {
        push_str(out, if number == 0 { "" } else { ",\n" })?;
        push_str(out, &row)?;
    }
    push_str(out, "\n]")
}

/// What a file has before its tokens and merges.
pub fn head(fields: &Fields, alphabet: &Alphabet) -> Vec<(&'static str, Value)> {
    let mut head = vec![("format", Value::Text("minitok".into())), ("version", Value::Whole(VERSION))];
    head.extend(fields_in_file(fields));
    let Alphabet { fallback, drops_bytes, symbols } = alphabet;
    if let Some(fallback) = fallback {
        head.push(("fallback", Value::List(fallback.iter().map(|&id| Value::Whole(id.into())).collect())));
    }
    if *drops_bytes {
        head.push(("drops_bytes", Value::Flag(true)));
    }
    if let Some(symbols) = symbols {
        head.push(("symbols", symbols_in_file(symbols)));
    }
    head
}

/// The byte of each of the ids 0 to 255, where it and pairs say everything of the vocabulary.
fn plain_order(vocab: &Vocab) -> Option<Vec<u8>> {
    let single = |id| if let Some(&[byte]) = vocab.token_bytes(id) { Some(byte) } else { None };
    let order: Vec<u8> = (0..256).map(single).collect::<Option<_>>()?;
    let has_all = order.iter().collect::<BTreeSet<_>>().len() == 256;
    let in_order = vocab.merges().iter().zip(0..).all(|(merge, rank)| merge.id == 256 + rank && merge.rank == rank);
    let complete = vocab.tokens.iter().count() == 256 + vocab.merges().len();
    let is_plain = !vocab.whole_pieces && vocab.alphabet == Alphabet::default() && has_all && in_order && complete;
    is_plain.then_some(order)
}

/// The fields that a file has; those with nothing to say are left out. An empty text is one.
fn fields_in_file(fields: &Fields) -> Vec<(&'static str, Value)> {
    let ids = |named: &[(String, u32)]| {
        Value::Object(named.iter().map(|(name, id)| (name.clone(), Value::Whole((*id).into()))).collect())
    };
    let names = |names: &BTreeSet<String>| Value::List(names.iter().cloned().map(Value::Text).collect());
    let flags = fields.token_flags.iter().map(|(name, own)| (name.clone(), names(own))).collect();
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    let steps: Vec<Value> = fields.normalizer.iter().map(step_in_file).collect();
    let steps = if let [one] = &steps[..] { one.clone() } else { Value::List(steps) };
    let all = [
        ("name", text(&fields.name)),
        ("pattern", Value::Text(fields.pattern.clone())),
        ("special_tokens", ids(&fields.special_tokens)),
        ("added_tokens", ids(&fields.added_tokens)),
        ("late_tokens", names(&fields.late_tokens)),
        ("token_flags", Value::Object(flags)),
        ("normalizer", steps),
        ("prefix", text(&fields.prefix)),
        ("words", text(&fields.words)),
        ("word_end", text(&fields.word_end)),
        ("trained", fields.trained.clone().unwrap_or(Value::Null)),
        ("chat", fields.chat.clone().unwrap_or(Value::Null)),
    ];
    let is_written = |name: &str, value: &Value| value.is_set() || value.text().is_some() || name == "special_tokens";
    all.into_iter().filter(|(name, value)| is_written(name, value)).collect()
}

fn step_in_file(step: &Step) -> Value {
    let name = Value::Text(step.name().into());
    match step {
        Step::Replace { pattern, text } => {
            Value::List(vec![name, Value::Text(pattern.clone()), Value::Text(text.clone())])
        }
        Step::Prepend(text) => Value::List(vec![name, Value::Text(text.clone())]),
        _ => name,
    }
}

fn symbols_in_file(symbols: &Symbols) -> Value {
    let bytes = |bytes: &[u8]| Value::Text(encode(bytes));
    let joining =
        symbols.joining.as_ref().map(|(rule, mark)| Value::List(vec![Value::Text(rule.clone()), bytes(mark)]));
    let fields = [
        ("unit", Value::Text(symbols.unit.clone())),
        ("unknown", symbols.unknown.map_or(Value::Null, |id| Value::Whole(id.into()))),
        ("fuses", Value::Flag(symbols.fuses)),
        ("prefix", bytes(&symbols.prefix)),
        ("suffix", bytes(&symbols.suffix)),
        ("joining", joining.unwrap_or(Value::Null)),
    ];
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::detect::{Given, read};

    #[test]
    fn what_is_read_is_written_again() {
        let plain = concat!(
            "{\n\"format\": \"minitok\",\n\"version\": 1,\n",
            "\"name\": \"a \\\"b\\\"\\u0001é\",\n\"pattern\": \"gpt2\",\n\"special_tokens\": {\"<s>\": 258},\n",
            "\"normalizer\": [\"NFC\", [\"prepend\", \"x\"]],\n\"trained\": {\"vocab_size\": 259, \"a\": null},\n",
            "\"byte_order\": \"gpt2\",\n\"merges\": [\n[97, 98],\n[256, 99]\n]\n}\n",
        );
        let found = read(plain.as_bytes(), &Given::default()).unwrap();
        assert_eq!(dump(&found).unwrap(), plain);
        assert!(found.codec().is_ok());
    }
}
