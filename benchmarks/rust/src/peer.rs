//! What a crate does, whatever its calls are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub type Fails = Box<dyn std::error::Error>;
type Encode<T> = fn(&T, &str) -> Vec<u32>;
type Batch<T> = fn(&T, &[String], usize) -> Vec<Vec<u32>>;
type Stream<T> = fn(&T, &[u32]) -> String;

/// A crate with a tokenizer. `stream` is None if it has no decoder for ids that come one by one.
pub struct Peer {
    pub encode: Box<dyn Fn(&str) -> Vec<u32>>,
    pub batch: Box<dyn Fn(&[String], usize) -> Vec<Vec<u32>>>,
    pub stream: Option<Box<dyn Fn(&[u32]) -> String>>,
}

impl Peer {
    /// A crate by its calls. One without a call for batches gets threads that take a document at a time.
    pub fn of<T: Send + Sync + 'static>(
        tok: T,
        encode: Encode<T>,
        batch: Option<Batch<T>>,
        stream: Option<Stream<T>>,
    ) -> Peer {
        let tok = Arc::new(tok);
        let (one, many) = (Arc::clone(&tok), Arc::clone(&tok));
        Peer {
            encode: Box::new(move |text| encode(&one, text)),
            batch: Box::new(move |documents, threads| match batch {
                Some(batch) => batch(&many, documents, threads),
                None => on_threads(|text| encode(&many, text), documents, threads),
            }),
            stream: stream.map(|stream| Box::new(move |ids: &[u32]| stream(&tok, ids)) as _),
        }
    }
}

fn on_threads(encode: impl Fn(&str) -> Vec<u32> + Sync, documents: &[String], threads: usize) -> Vec<Vec<u32>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(document) = documents.get(number) else { return own };
            own.push((number, encode(document)));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut made = work();
        others.into_iter().for_each(|other| made.extend(other.join().expect("a thread")));
        made
    });
    made.sort_unstable_by_key(|&(number, _)| number);
    made.into_iter().map(|(_, ids)| ids).collect()
}
