//! Trace events as the JSON that `minitok.reference.trace` documents; `python/trace.rs` makes dicts of the same names.

use crate::reference::encode::Candidate;
use crate::reference::trace::Event;
use std::fmt::{Display, Write};

/// Appends an event as one line, without its end.
pub fn write(event: &Event, out: &mut String) {
    // Writing into a string does not fail.
    let _ = match event {
        Event::TrainMerge { step, candidates, ties, winner, count, id, words } => {
            let candidates = list(
                candidates
                    .iter()
                    .map(|&(both, count)| format!(r#"{{"pair":{},"count":{count}}}"#, pair(both.0, both.1))),
            );
            let ties = list(ties.iter().map(|tie| pair(tie.0, tie.1)));
            let (winner, words) = (pair(winner.0, winner.1), list(words));
            write!(
                out,
                r#"{{"event":"train_merge","step":{step},"candidates":{candidates},"ties":{ties},"winner":{winner},"count":{count},"id":{id},"words":{words}}}"#
            )
        }
        Event::Special { start, end, id } => {
            write!(out, r#"{{"event":"special","start":{start},"end":{end},"id":{id}}}"#)
        }
        Event::Piece { piece, start, end, ids, whole } => {
            let (ids, whole) = (list(ids), whole.map_or("null".into(), |id| id.to_string()));
            write!(
                out,
                r#"{{"event":"piece","piece":{piece},"start":{start},"end":{end},"ids":{ids},"whole":{whole}}}"#
            )
        }
        Event::EncodeMerge { piece, step, candidates, ties, winner, ids } => {
            let candidates = list(candidates.iter().map(candidate));
            let (ties, ids) = (list(ties), list(ids));
            let Candidate { rank, place, left, right, id } = *winner;
            let pair = pair(left, right);
            write!(
                out,
                r#"{{"event":"encode_merge","piece":{piece},"step":{step},"candidates":{candidates},"ties":{ties},"winner":{place},"pair":{pair},"rank":{rank},"id":{id},"ids":{ids}}}"#
            )
        }
    };
}

fn candidate(one: &Candidate) -> String {
    let Candidate { rank, place, left, right, id } = *one;
    format!(r#"{{"place":{place},"pair":{},"rank":{rank},"id":{id}}}"#, pair(left, right))
}

fn pair(left: u32, right: u32) -> String {
    format!("[{left},{right}]")
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &Event) -> serde_json::Value {
        let mut out = String::new();
        write(event, &mut out);
        serde_json::from_str(&out).unwrap()
    }

    #[test]
    fn every_kind_is_json() {
        let winner = Candidate { rank: 7, place: 1, left: 97, right: 98, id: 256 };
        let (candidates, ties, ids) = (vec![winner], vec![1], vec![99, 256]);
        let merge = written(&Event::EncodeMerge { piece: 2, step: 0, candidates, ties, winner, ids });
        assert_eq!(merge["candidates"][0]["pair"], serde_json::json!([97, 98]));
        assert_eq!((&merge["winner"], &merge["rank"]), (&1.into(), &7.into()));
        let piece = written(&Event::Piece { piece: 0, start: 1, end: 3, ids: vec![1, 2], whole: None });
        assert!(piece["whole"].is_null() && piece["ids"][1] == 2);
        assert_eq!(written(&Event::Special { start: 0, end: 3, id: 5 })["event"], "special");
        let trained = Event::TrainMerge {
            step: 3,
            candidates: vec![((97, 98), 4)],
            ties: vec![(97, 98)],
            winner: (97, 98),
            count: 4,
            id: 259,
            words: vec![0, 5],
        };
        assert_eq!(written(&trained)["candidates"][0]["count"], 4);
        assert_eq!(written(&trained)["words"], serde_json::json!([0, 5]));
    }
}
