//! `control.json`: control tokens, and texts that hold a token that is refused.

use super::reading::{bytes, codec, each, names, text};
use minitok::error::Error;
use minitok::fast::codec::FastCodec;
use minitok::reference::published::markers::{Markers, control_tokens, everywhere, strings_of};
use serde_json::json;

#[test]
fn tokens() {
    each("control", "control", |case| {
        let markers = Markers::new(&names(&case["templates"]), &names(&case["named"]));
        let (special, added) = (names(&case["special_tokens"]), names(&case["added_tokens"]));
        let control = control_tokens(special.iter().copied(), added.iter().copied(), &markers);
        assert_eq!(json!(control), case["control"]);
        assert_eq!(json!(everywhere(special, added, &markers)), case["everywhere"]);
    });
}

#[test]
fn strings() {
    each("control", "strings", |case| assert_eq!(json!(strings_of(text(&case["template"]))), case["strings"]));
}

#[test]
fn refusals() {
    each("control", "found", |case| {
        let (codec, data) = (codec(case).unwrap(), bytes(&case["text"]));
        let search = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let refused = codec.refusing(&names(&case["refused"]));
        let found = |result| match result {
            Ok(()) => json!([]),
            Err(Error::DisallowedSpecial { token, position }) => json!([token, position]),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found(codec.check(&data, &refused, &search, false, None)), case["found"]);
        let fast = FastCodec::new(codec).unwrap();
        assert_eq!(found(fast.check(&data, &refused, &search, false, None)), case["found"]);
    });
}
