//! `align.json`: the spans of two lists of tokens.

use super::reading::{each, list};
use minitok::reference::more::align::align;
use serde_json::{Value, json};

#[test]
fn spans() {
    each("align", "spans", |case| {
        let lengths = |side: &str| -> Vec<i64> { list(&case[side]).iter().filter_map(Value::as_i64).collect() };
        assert_eq!(json!(align(&lengths("left"), &lengths("right")).unwrap()), case["spans"]);
    });
}
