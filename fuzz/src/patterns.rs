//! Split patterns: an expression is refused, or its pieces are the whole text; a scanner cuts as the engine does.

use crate::input::Input;
use minitok::reference::published::patterns::Pattern;

/// Parts of which expressions are made, so that many inputs are some.
const PARTS: [&str; 40] = [
    "a", "b", ".", r"\s", r"\S", r"\w", r"\W", r"\d", r"\p{L}", r"\p{N}", r"\P{L}", r"[ab]", r"[^a\s]", r"[\r\n]",
    r"[^\r\n\p{L}\p{N}]", "|", "|", "|", "(", ")", "(?:", "(?i:", "(?=", "(?!", "?", "*", "+", "{1,3}", "{2}", "?+",
    "++", "*+", "*?", "+?", "^", "$", r"\b", " ", "'", r"\s+(?!\S)",
];

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let parts = 1 + input.below(10);
    let source: String = (0..parts).map(|_| input.pick(&PARTS)).collect();
    let text = input.rest();
    let text = &text[..text.len().min(200)];
    let slow = Pattern::with(&source, false);
    let fast = Pattern::with(&source, true);
    assert_eq!(slow.is_ok(), fast.is_ok(), "{source:?}");
    let (Ok(slow), Ok(fast)) = (slow, fast) else { return };
    let split = |pattern: &Pattern| {
        let mut pieces = Vec::new();
        let mut keep = |piece| {
            pieces.push(piece);
            Ok(())
        };
        pattern.split(text, &mut keep).map(|()| pieces)
    };
    // A search that takes too long is an error of the engine alone: a scanner has no need to search.
    if let Ok(pieces) = split(&slow) {
        assert_eq!(pieces.concat(), text, "{source:?}");
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "{source:?}");
        assert_eq!(split(&fast), Ok(pieces.clone()), "{source:?}");
        for pattern in [&slow, &fast] {
            let cut = pattern.safe_cut(text);
            let parts = [&text[..cut], &text[cut..]].map(|part| {
                let mut pieces = Vec::new();
                let mut keep = |piece| {
                    pieces.push(piece);
                    Ok(())
                };
                pattern.split(part, &mut keep).map(|()| pieces)
            });
            if let [Ok(one), Ok(other)] = parts {
                assert_eq!([one, other].concat(), pieces, "{source:?} cut at {cut}");
            }
        }
    }
}
