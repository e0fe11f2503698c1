//! Trace events as data, with the fields that `minitok.reference.more.trace` documents: for Python dicts, for pages JSON.

use super::value::Value;
use crate::reference::more::trace::Candidate;
use crate::reference::more::trace::Event;
use crate::reference::pairs::Pair;

pub fn value(event: &Event) -> Value {
    match event {
        Event::TrainMerge { step, candidates, ties, winner, count, id, words } => object([
            ("event", Value::Text("train_merge".into())),
            ("step", whole(*step)),
            ("candidates", list(candidates, |&(both, count)| object([("pair", pair(both)), ("count", whole(count))]))),
            ("ties", list(ties, |&tie| pair(tie))),
            ("winner", pair(*winner)),
            ("count", whole(*count)),
            ("id", whole(*id)),
            ("words", list(words, |&word| whole(word))),
        ]),
        Event::Special { start, end, id } => object([
            ("event", Value::Text("special".into())),
            ("start", whole(*start)),
            ("end", whole(*end)),
            ("id", whole(*id)),
        ]),
        Event::Piece { piece, start, end, ids, whole: taken } => object([
            ("event", Value::Text("piece".into())),
            ("piece", whole(*piece)),
            ("start", whole(*start)),
            ("end", whole(*end)),
            ("ids", list(ids, |&id| whole(id))),
            ("whole", taken.map_or(Value::Null, whole)),
        ]),
        Event::EncodeMerge { piece, step, candidates, ties, winner, ids } => object([
            ("event", Value::Text("encode_merge".into())),
            ("piece", whole(*piece)),
            ("step", whole(*step)),
            ("candidates", list(candidates, candidate)),
            ("ties", list(ties, |&place| whole(place))),
            ("winner", whole(winner.place)),
            ("pair", pair((winner.left, winner.right))),
            ("rank", whole(winner.rank)),
            ("id", whole(winner.id)),
            ("ids", list(ids, |&id| whole(id))),
        ]),
    }
}

fn candidate(&Candidate { rank, place, left, right, id }: &Candidate) -> Value {
    object([("place", whole(place)), ("pair", pair((left, right))), ("rank", whole(rank)), ("id", whole(id))])
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

fn list<T>(items: &[T], value: impl Fn(&T) -> Value) -> Value {
    Value::List(items.iter().map(value).collect())
}

fn pair((left, right): Pair) -> Value {
    Value::List(vec![whole(left), whole(right)])
}

/// Numbers of what is in memory.
fn whole(number: impl TryInto<i128>) -> Value {
    Value::Whole(number.try_into().unwrap_or(i128::MAX))
}
