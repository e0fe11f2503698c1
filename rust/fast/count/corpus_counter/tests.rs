//! What a counter says of itself, and how it ends.

use super::*;
use crate::fast::count::pieces::Pieces;
use crate::fast::count::tests::Folder;
use std::time::Duration;

fn counter(threads: usize) -> CorpusCounter {
    let special = SpecialTokens::new(vec![]).expect("none");
    CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special, threads)
}

fn silent() -> impl FnMut(usize) -> Result<()> {
    |_| Ok(())
}

/// Words that are all different, enough for several parts.
fn words(bytes: usize) -> Vec<u8> {
    let mut text: Vec<u8> = (0..).flat_map(|number| format!(" w{number}").into_bytes()).take(bytes).collect();
    text[0] = b'_';
    text
}

/// Endless text, which may be read on one thread only.
struct Endless(Option<std::thread::ThreadId>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_some_and(|only| only != std::thread::current().id()) {
            return Err(std::io::Error::other("on purpose"));
        }
        buffer.fill(b' ');
        buffer.iter_mut().step_by(3).for_each(|byte| *byte = b'a');
        Ok(buffer.len())
    }
}

#[test]
fn a_failing_thread_stops_the_others() {
    let path = Path::new("endless");
    for threads in [1, 2, 3] {
        let stopped =
            counter(threads).add_stream(Endless(None), u64::MAX, path, None, &mut |_| Err(Error::Interrupted));
        assert_eq!(stopped, Err(Error::Interrupted));
    }
    let mine = Some(std::thread::current().id());
    let failed = counter(2).add_stream(Endless(mine), u64::MAX, path, None, &mut silent());
    assert!(matches!(failed, Err(Error::File { path: blamed, .. }) if blamed == path));
}

/// Stopped at each question: while counting, while flushing, and while what was flushed is combined.
#[test]
fn what_was_stopped_is_whole_or_says_so() {
    let text = words(8_000);
    let whole = {
        let mut whole = counter(1);
        whole.add(&[&text], &mut silent()).expect("small");
        whole.finished()
    };
    let (mut stopped_adding, mut stopped_finishing) = (0, 0);
    for most in 0_u32.. {
        let folder = Folder::new("stopped");
        let mut counter = counter(1).with_tables_of(1, 1, folder.0.clone());
        let asked = std::cell::Cell::new(0);
        let stop = move || asked.replace(asked.get() + 1) >= most;
        let mut added = Ok(());
        let finished = interrupt::run_every(Duration::ZERO, stop, || {
            added = counter.add(&[&text], &mut silent());
            added.clone()?;
            counter.finish()
        });
        if finished.is_ok() {
            assert!(counter.finished() == whole);
            break;
        }
        stopped_adding += u32::from(added.is_err());
        stopped_finishing += u32::from(added.is_ok());
        assert!(!counter.is_finished());
        let again = [counter.finish(), counter.add(&[b"more"], &mut silent())];
        for failed in again {
            assert_eq!(failed, Err(Error::Training("counting was stopped before it was done; count again".into())));
        }
    }
    assert!(stopped_adding > 3 && stopped_finishing > 3, "{stopped_adding} and {stopped_finishing}");
}

/// Then every part after it is not full at once.
#[test]
fn memory_of_a_part_with_much_in_it_is_given_back() {
    let folder = Folder::new("given-back");
    let mut counter = counter(1).with_tables_of(1 << 20, 1, folder.0.clone());
    counter.add(&[&words(4 * PART)], &mut silent()).expect("a folder");
    assert!(counter.shares[0].pieces.memory_after(PART_PIECES) > 1 << 20, "more than it may be");
    counter.add(&[&words(PART / 2), &words(PART / 2)], &mut silent()).expect("a folder");
    let mut share = Share::new(1, &counter.hasher);
    for number in 0..100_000_u32 {
        share[0].pieces.add(&number.to_le_bytes(), 1).expect("few");
    }
    let full = share[0].pieces.memory_after(0);
    share[0].clear();
    assert_eq!(share[0].pieces.memory_after(0), full);
    share[0].give_back();
    assert!(share[0].pieces.memory_after(0) < full / 100);
}

#[test]
fn a_counter_uses_as_many_threads_as_it_was_given() {
    for (given, used) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
        assert_eq!(counter(given).shares.len(), used);
    }
}

#[test]
fn every_byte_and_document_is_reported() {
    let text = [&words(3 * PART)[..], b"\n\n", b"more", b"\n\n\n\n", b"the last"].concat();
    for threads in [1, 3] {
        for (separator, documents, between) in [(None, 1, 0), (Some(&b"\n\n"[..]), 4, 6), (Some(b"--"), 1, 0)] {
            let mut counter = counter(threads);
            let mut heard = 0;
            let mut hear = |bytes| {
                heard += bytes;
                Ok(())
            };
            counter.add_stream(&text[..], u64::MAX, Path::new("text"), separator, &mut hear).expect("text");
            assert_eq!((heard, counter.documents), (text.len(), documents));
            assert_eq!(counter.bytes, (text.len() - between) as u64);
            heard = 0;
            let mut hear = |bytes| {
                heard += bytes;
                Ok(())
            };
            counter.add(&[&text, b"", b"one"], &mut hear).expect("text");
            assert_eq!((heard, counter.documents), (text.len() + 3, documents + 3));
            assert_eq!(counter.bytes, (2 * text.len() - between + 3) as u64);
        }
    }
}

#[test]
fn a_bound_on_memory_is_shared_out_and_kept() {
    for max_memory in [0, MIN_MEMORY, MIN_MEMORY + 1, 3 * MIN_MEMORY, 1 << 30] {
        for asked in [1, 2, 3, 64] {
            let counter = counter(asked).bounded(max_memory, PathBuf::new());
            let (most, threads) = (max_memory.max(MIN_MEMORY), counter.shares.len());
            assert!((1..=asked).contains(&threads));
            assert!(threads * MIN_MEMORY / 2 <= most && (threads == asked || (threads + 1) * MIN_MEMORY / 2 > most));
            // Tables of several threads may have to be poured into one, which takes as much again.
            let tables = counter.bound.expect("bounded").tables * if threads > 1 { 2 } else { 1 };
            let taken = tables + (threads + 1) * 2 * PART;
            assert!((most - 1..=most).contains(&taken), "{taken} of {most} bytes for {threads} threads");
        }
    }
}

#[test]
fn each_thread_may_fill_its_part_of_the_memory() {
    let text = b"the same words again ".repeat(3 * PART / 21);
    for threads in [1, 2, 3] {
        let mut unbounded = counter(threads);
        unbounded.add(&[&text], &mut silent()).expect("text");
        let needed = unbounded.shares[0].pieces.memory_after(PART_PIECES);
        for (tables, fits) in [(threads * needed / 10 * 11, true), (threads * needed / 10 * 9, false)] {
            let folder = Folder::new("part");
            let mut counter = counter(threads).with_tables_of(tables, threads, folder.0.clone());
            counter.add_stream(&text[..], u64::MAX, Path::new("text"), None, &mut silent()).expect("text");
            assert_eq!(counter.bound.expect("bounded").spill.is_used(), !fits, "{tables} bytes for {threads} threads");
        }
    }
}

#[test]
fn new_pieces_are_reported_by_number() {
    [1, 2].into_iter().for_each(check_new_pieces);
}

fn check_new_pieces(threads: usize) {
    let mut counter = counter(threads);
    for (pieces, expected) in [(vec!["a", "b", "a", "c"], vec![0, 1, 3]), (vec!["c", "d"], vec![1])] {
        let mut new = Vec::new();
        counter.add_pieces(pieces.iter().map(|piece| (piece.as_bytes(), 2)), |number| new.push(number)).expect("few");
        assert_eq!(new, expected);
        assert!(counter.is_finished(), "all of them are in one table");
    }
    let expected = [("a", 4), ("b", 2), ("c", 4), ("d", 2)].map(|(piece, count)| (piece.as_bytes().to_vec(), count));
    assert_eq!(counter.finished(), expected);
    let table = counter.into_table().expect("in memory");
    assert_eq!(Counted::Table(&table).to_vec().expect("few"), expected);
    assert_eq!(Counted::Table(&table).totals(), (12, 4));
}

#[test]
fn counts_are_finished_when_they_are_in_one_place() {
    let mut counter = counter(2);
    assert!(counter.is_finished(), "nothing has been counted");
    counter.add(&[b"a b"], &mut silent()).expect("few");
    assert!(counter.is_finished(), "the first thread alone has counted");
    counter.shares[1].begin(1).expect("few");
    counter.shares[1].pieces.add(b"c", 1).expect("few");
    assert!(!counter.is_finished());
    assert_eq!(counter.finished().len(), 3);
    assert!(counter.is_finished());
    assert_eq!((counter.shares.len(), counter.shares[0].pieces.len()), (2, 3));
}

#[test]
fn counts_that_went_to_the_disk_are_finished_there() {
    let folder = Folder::new("disk");
    let text = words(3 * PART);
    let documents = [&text[..], &text[..PART], b"the last"];
    let mut in_memory = counter(1);
    in_memory.add(&documents, &mut silent()).expect("text");
    let expected = in_memory.finished();
    for (number, threads) in [1, 2].into_iter().enumerate() {
        let folder = folder.0.join(number.to_string());
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut on_disk = counter(threads).with_tables_of(0, threads, folder);
        assert!(on_disk.is_finished());
        let mut heard = 0;
        let mut hear = |bytes| {
            heard += bytes;
            Ok(())
        };
        on_disk.add(&documents, &mut hear).expect("text");
        assert_eq!(heard, documents.concat().len());
        assert!(!on_disk.is_finished());
        assert!(on_disk.finished() == expected);
        assert!(on_disk.is_finished());
        on_disk.finish().expect("nothing is left to do");
        assert!(matches!(on_disk.add(&[b"more"], &mut silent()), Err(Error::Training(_))));
        assert!(matches!(on_disk.add_pieces([(&b"more"[..], 1)], |_| ()), Err(Error::Training(_))));
        assert!(matches!(
            on_disk.add_stream(&b"more"[..], u64::MAX, Path::new("-"), None, &mut silent()),
            Err(Error::Training(_))
        ));
        let files = on_disk.files.take().expect("on the disk");
        let mut other = counter(2);
        other.add(&[b"its own"], &mut silent()).expect("few");
        other.hold(files);
        assert!(other.is_finished());
        assert!(other.finished() == expected);
        assert_eq!(other.pieces().totals(), in_memory.pieces().totals());
        assert!(other.into_table().is_none());
    }
}

#[test]
fn what_fits_into_memory_stays_there() {
    let missing = PathBuf::from("/nowhere/at/all");
    let text = words(2 * PART);
    let mut counter = counter(2).bounded(4 * MIN_MEMORY, missing);
    counter.add(&[&text], &mut silent()).expect("no folder is needed");
    assert!(counter.finished().len() > 10_000);
    assert!(counter.into_table().is_some_and(|table| !Pieces::is_empty(&table)));
}

/// As runs of ids, whichever thread counted them and wherever they lie, the pieces are the same in the same order.
#[test]
fn runs_of_ids_are_the_pieces() {
    let order: Vec<u8> = (0..=255).collect();
    let vocab = Arc::new(Vocab::from_merges(&order, &[(32, 119), (49, 50), (257, 51)]).expect("well-formed"));
    let text = words(3 << 18);
    for threads in [1, 3] {
        for bounded in [false, true] {
            let folder = Folder::new("runs");
            let new = || {
                let counter = counter(threads);
                if bounded { counter.with_tables_of(1 << 18, threads, folder.0.clone()) } else { counter }
            };
            let mut runs = new().with_runs(Arc::clone(&vocab)).expect("small");
            runs.add(&[&text, b"a w12 w12"], &mut silent()).expect("small");
            let (found, mut plain) = (runs.finished(), counter(1));
            plain.add(&[&text, b"a w12 w12"], &mut silent()).expect("small");
            let writer = runs.runs().expect("merges");
            let spelt = found.iter().map(|(run, n)| {
                let mut piece = Vec::new();
                writer.spell(run, &mut piece).expect("short");
                (piece, *n)
            });
            assert!(spelt.eq(plain.finished()));
            let refused = runs.add_pieces([(&b"ab"[..], 1)], |_| ());
            assert!(matches!(refused, Err(Error::Training(reason)) if reason.contains("runs of ids") || bounded));
        }
    }
    let bytes = Arc::new(Vocab::from_merges(&order, &[]).expect("bytes"));
    assert!(counter(1).with_runs(bytes).expect("small").runs().is_none());
}
