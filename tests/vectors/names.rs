//! What names mean: `names.json`.

use super::reading::{each, ends_with, names, refused, text};
use minitok::error::Error;
use minitok::reference::published::names::{
    encoding_named, encoding_of_model, nearest, pattern_named, unknown_encoding, unknown_model,
};
use minitok::{LoadOptions, Tokenizer, TrainOptions};

#[test]
fn patterns_by_name() {
    each("names", "pattern", |case| {
        let pattern = text(&case["pattern"]);
        match case["means"].as_str() {
            Some(means) => assert_eq!(pattern_named(pattern).unwrap(), means),
            None => ends_with(&refused(pattern_named(pattern)), &case["refused"]),
        }
    });
}

/// The lines of a rank file of the 256 bytes.
fn ranks() -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: usize| char::from(digits[bits]);
    let line = |byte: usize| format!("{}{}== {byte}", digit(byte >> 2), digit((byte & 3) << 4));
    (0..256).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn options_take_the_names_of_patterns() {
    let ranks = ranks();
    each("names", "pattern", |case| {
        let pattern = text(&case["pattern"]);
        let loaded = LoadOptions::new().pattern(pattern).from_bytes(ranks.as_bytes());
        let trained = TrainOptions::new(256).pattern(pattern).train(["low lower"]);
        for made in [loaded, trained] {
            match case["means"].as_str() {
                Some("") => assert!(refused(made).to_string().contains("the pattern is empty")),
                Some(means) => assert_eq!(made.unwrap().pattern(), means),
                None => ends_with(&refused(made), &case["refused"]),
            }
        }
    });
}

#[test]
fn encodings_by_name() {
    each("names", "encoding", |case| {
        let name = text(&case["encoding"]);
        assert_eq!(encoding_named(name), case["means"].as_str());
        if case["means"].is_null() {
            ends_with(&Error::UnknownEncoding(unknown_encoding(name)), &case["refused"]);
            ends_with(&refused(Tokenizer::encoding(name)), &case["refused"]);
        }
    });
}

#[test]
fn models_by_name() {
    each("names", "model", |case| {
        let model = text(&case["model"]);
        assert_eq!(encoding_of_model(model), case["means"].as_str());
        if case["means"].is_null() {
            ends_with(&Error::UnknownEncoding(unknown_model(model)), &case["refused"]);
        }
    });
}

#[test]
fn near_names() {
    each("names", "near", |case| {
        assert_eq!(nearest(text(&case["near"]), names(&case["known"])), names(&case["nearest"]));
    });
}
