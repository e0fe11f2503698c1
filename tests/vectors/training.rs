//! `train.json`, `extend.json` and `trace.json`: what is learnt, in which order, and the events of every step.

use super::reading::{byte_order, bytes, codec, each, list, names, number, pairs, text, vocab};
use minitok::error::Result;
use minitok::formats::events;
use minitok::reference::count::PieceCounter;
use minitok::reference::more::trace::{Event, trace, train_merge};
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::train::{Chosen, Observer, TieBreak, TrainOptions, Trained, extend, train};
use serde_json::{Value, json};

/// The training of a case; its events are added to a list, if one is given.
fn training(case: &Value, n_merges: usize, seen: Option<&mut Vec<Value>>) -> Trained {
    let options = &case["options"];
    let names = list(&options["special_tokens"]).iter().zip(0..);
    let special = SpecialTokens::new(names.map(|(name, id)| (text(name).into(), id)).collect()).unwrap();
    let mut counter = PieceCounter::new(Pattern::new(text(&options["pattern"])).unwrap(), &special);
    for document in list(&case["documents"]).iter().map(bytes) {
        counter.add([document.as_slice()]).unwrap();
    }
    let tie_break = options["tie_break"].as_str().unwrap_or("smallest_ids");
    let options = TrainOptions {
        n_merges,
        byte_order: byte_order(&options["byte_order"]),
        tie_break: TieBreak::ALL.into_iter().find(|known| known.name() == tie_break).unwrap(),
        min_frequency: options["min_frequency"].as_i64().unwrap_or(1),
        max_token_length: options["max_token_length"].as_u64().map(|length| usize::try_from(length).unwrap()),
        max_words: options["max_words"].as_u64().map(|words| usize::try_from(words).unwrap()),
        barred: list(&options["barred"]).iter().map(bytes).collect(),
    };
    let mut emit = seen.map(|seen| {
        move |chosen: Chosen| {
            seen.push(event(&train_merge(chosen)));
            Ok(())
        }
    });
    let trace = emit.as_mut().map(|emit| emit as &mut dyn FnMut(Chosen) -> Result<()>);
    let mut observer = Observer { on_merge: &mut |_| Ok(()), trace };
    if case["vocabulary"].is_null() {
        return train(&counter.pieces, &options, &mut observer).unwrap();
    }
    extend(&vocab(&case["vocabulary"]).unwrap(), number(&case["first_id"]), &counter.pieces, &options, &mut observer)
        .unwrap()
}

fn expect(trained: &Trained, case: &Value) {
    assert_eq!(trained.merges, pairs(&case["merges"]));
    assert_eq!((json!(trained.counts), json!(trained.ties)), (case["counts"].clone(), case["ties"].clone()));
    assert_eq!(trained.stop.name(), text(&case["stop"]));
}

#[test]
fn extensions() {
    each("extend", "merges", |case| {
        expect(&training(case, number(&case["options"]["n_merges"]) as usize, None), case);
    });
}

#[test]
fn trainings_and_their_beginnings() {
    each("train", "merges", |case| {
        let merges = pairs(&case["merges"]);
        expect(&training(case, number(&case["options"]["n_merges"]) as usize, None), case);
        for size in 0..merges.len() {
            assert_eq!(training(case, size, None).merges, merges[..size]);
        }
    });
}

// -- traces -------------------------------------------------------------------------------------------------------------

/// An event as SPEC X1 and X2 write it.
fn event(event: &Event) -> Value {
    serde_json::from_str(&events::value(event).json().unwrap()).unwrap()
}

#[test]
fn traces() {
    each("trace", "documents", |case| {
        let mut seen = Vec::new();
        training(case, number(&case["options"]["n_merges"]) as usize, Some(&mut seen));
        assert_eq!(Value::from(seen), case["events"]);
    });
    each("trace", "text", |case| {
        let (codec, mut seen) = (codec(case).unwrap(), Vec::new());
        let mut emit = |one: Event| {
            seen.push(event(&one));
            Ok(())
        };
        let allowed = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let ids = trace(&codec, &bytes(&case["text"]), &allowed, false, &mut emit).unwrap();
        assert_eq!((json!(ids), Value::from(seen)), (case["ids"].clone(), case["events"].clone()));
    });
}
