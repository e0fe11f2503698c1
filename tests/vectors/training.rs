//! `train.json`, `extend.json` and `trace.json`: what is learnt, in which order, and the events of every step.

use crate::reading::{byte_order, bytes, codec, each, list, names, number, pairs, text, vocab};
use minitok::error::Result;
use minitok::reference::count::PieceCounter;
use minitok::reference::encode::Candidate;
use minitok::reference::pretokenize::Pattern;
use minitok::reference::special::SpecialTokens;
use minitok::reference::trace::Event;
use minitok::reference::train::{Observer, Stop, TieBreak, TrainOptions, Trained, extend, train};
use serde_json::{Value, json};

/// The training of a case; its events are added to a list, if one is given.
fn training(case: &Value, n_merges: usize, events: Option<&mut Vec<Value>>) -> Trained {
    let options = &case["options"];
    let names = list(&options["special_tokens"]).iter().zip(0..);
    let special = SpecialTokens::new(names.map(|(name, id)| (text(name).into(), id)).collect()).unwrap();
    let mut counter = PieceCounter::new(Pattern::new(text(&options["pattern"])).unwrap(), &special);
    for document in list(&case["documents"]).iter().map(bytes) {
        counter.add([document.as_slice()]).unwrap();
    }
    let tie_break = match options["tie_break"].as_str() {
        None | Some("smallest_ids") => TieBreak::SmallestIds,
        Some("first_seen") => TieBreak::FirstSeen,
        Some("greatest_bytes") => TieBreak::GreatestBytes,
        Some(other) => panic!("tie_break {other:?}"),
    };
    let options = TrainOptions {
        n_merges,
        byte_order: byte_order(&options["byte_order"]),
        tie_break,
        min_frequency: options["min_frequency"].as_i64().unwrap_or(1),
        max_token_length: options["max_token_length"].as_u64().map(|length| usize::try_from(length).unwrap()),
        max_words: options["max_words"].as_u64().map(|words| usize::try_from(words).unwrap()),
        barred: list(&options["barred"]).iter().map(bytes).collect(),
    };
    let mut emit = events.map(|events| {
        move |one: Event| {
            events.push(event(&one));
            Ok(())
        }
    });
    let trace = emit.as_mut().map(|emit| emit as &mut dyn FnMut(Event) -> Result<()>);
    let mut observer = Observer { on_merge: &mut |_| Ok(()), trace };
    if case["vocabulary"].is_null() {
        return train(&counter.pieces, &options, &mut observer).unwrap();
    }
    extend(&vocab(&case["vocabulary"]).unwrap(), number(&case["first_id"]), &counter.pieces, &options, &mut observer)
        .unwrap()
}

fn expect(trained: &Trained, case: &Value) {
    let stop = match trained.stop {
        Stop::VocabSize => "vocab_size",
        Stop::MinFrequency => "min_frequency",
    };
    assert_eq!(trained.merges, pairs(&case["merges"]));
    assert_eq!((json!(trained.counts), json!(trained.ties)), (case["counts"].clone(), case["ties"].clone()));
    assert_eq!(stop, text(&case["stop"]));
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

fn candidate(one: &Candidate) -> Value {
    json!({"place": one.place, "pair": [one.left, one.right], "rank": one.rank, "id": one.id})
}

/// An event as SPEC X1 and X2 write it.
fn event(event: &Event) -> Value {
    match event {
        Event::TrainMerge { step, candidates, ties, winner, count, id, words } => {
            let counted = |(pair, count): &((u32, u32), i64)| json!({"pair": pair, "count": count});
            let candidates: Vec<Value> = candidates.iter().map(counted).collect();
            json!({"event": "train_merge", "step": step, "candidates": candidates, "ties": ties, "winner": winner,
                   "count": count, "id": id, "words": words})
        }
        Event::Special { start, end, id } => json!({"event": "special", "start": start, "end": end, "id": id}),
        Event::Piece { piece, start, end, ids, whole } => {
            json!({"event": "piece", "piece": piece, "start": start, "end": end, "ids": ids, "whole": whole})
        }
        Event::EncodeMerge { piece, step, candidates, ties, winner, ids } => {
            let all: Vec<Value> = candidates.iter().map(candidate).collect();
            json!({"event": "encode_merge", "piece": piece, "step": step, "candidates": all, "ties": ties,
                   "winner": winner.place, "pair": [winner.left, winner.right], "rank": winner.rank, "id": winner.id,
                   "ids": ids})
        }
    }
}

#[test]
fn traces() {
    each("trace", "documents", |case| {
        let mut events = Vec::new();
        training(case, number(&case["options"]["n_merges"]) as usize, Some(&mut events));
        assert_eq!(Value::from(events), case["events"]);
    });
    each("trace", "text", |case| {
        let (codec, mut events) = (codec(case).unwrap(), Vec::new());
        let mut emit = |one: Event| {
            events.push(event(&one));
            Ok(())
        };
        let allowed = codec.search(Some(&names(&case["allowed"]))).unwrap();
        let ids = codec.trace(&bytes(&case["text"]), &allowed, false, &mut emit).unwrap();
        assert_eq!((json!(ids), Value::from(events)), (case["ids"].clone(), case["events"].clone()));
    });
}
