//! A corpus -> its pieces: the mirror, tables in memory and on disk agree, on one thread and on several; a stopped counter says so.

use crate::encoding::pattern;
use crate::input::Input;
use minitok::error::{Error, Result};
use minitok::fast::count::corpus_counter::CorpusCounter;
use minitok::reference::count::PieceCounter;
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::support::interrupt::run_every;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

const PATTERNS: [&str; 4] = ["none", "gpt2", "cl100k", r"[a-z ]+(?#then)a*b|a"];

/// A folder of this process, which is empty, and is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = place.join(format!("minitok-fuzz-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is done to a counter, one call after the other.
enum Call<'d> {
    Add(Vec<&'d [u8]>),
    Stream(&'d [u8]),
    Pieces(Vec<(&'d [u8], i64)>),
}

fn calls<'d>(input: &mut Input<'d>) -> Vec<Call<'d>> {
    let count = input.below(6);
    (0..count)
        .map(|_| match input.below(4) {
            0 => Call::Stream(input.bytes(255)),
            1 => Call::Pieces((0..input.below(4)).map(|_| (input.bytes(9), 1 + input.below(3) as i64)).collect()),
            _ => Call::Add((0..input.below(5)).map(|_| input.bytes(200)).collect()),
        })
        .collect()
}

/// Makes the calls up to the first that fails, and finishes the counts.
fn count(counter: &mut CorpusCounter, calls: &[Call], poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    for call in calls {
        match call {
            Call::Add(documents) => counter.add(documents, &mut |_| poll())?,
            Call::Stream(text) => counter.add_stream(*text, u64::MAX, Path::new(""), Some(b"\n\n"), &mut |_| poll())?,
            Call::Pieces(pieces) => counter.add_pieces(pieces.iter().copied(), |_| ())?,
        }
    }
    counter.finish()
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let pattern = pattern(input.pick(&PATTERNS));
    let special = SpecialTokens::new(vec![("<s>".into(), 300), ("ab".into(), 301)]).expect("names");
    let (threads, asked, by_watch) = (1 + input.below(3), input.below(60), input.flip());
    let calls = calls(&mut input);

    let mut mirror = PieceCounter::new(pattern.clone(), &special);
    for call in &calls {
        match call {
            Call::Add(documents) => mirror.add(documents.iter().copied()).expect("short"),
            Call::Stream(text) => {
                let mut source = *text;
                mirror.add_stream(&mut source, Path::new("text"), Some(b"\n\n"), &mut |_| Ok(())).expect("text");
            }
            Call::Pieces(pieces) => pieces.iter().for_each(|(piece, n)| mirror.add_piece(piece, *n)),
        }
    }
    for spills in [false, true] {
        let folder = spills.then(Folder::new);
        let counter = || {
            let counter = CorpusCounter::new(pattern.clone(), &special, threads);
            match &folder {
                Some(Folder(folder)) => counter.bounded(0, folder.clone()),
                None => counter,
            }
        };
        let mut whole = counter();
        count(&mut whole, &calls, &mut || Ok(())).expect("a folder, and memory");
        assert_eq!(whole.pieces().to_vec().expect("small"), mirror.pieces, "not the mirror; spills: {spills}");
        drop(whole);

        let mut stopped = counter();
        let left = Rc::new(Cell::new(asked));
        let stop = move || left.replace(left.get().saturating_sub(1)) == 0;
        let done = if by_watch {
            run_every(Duration::ZERO, stop, || count(&mut stopped, &calls, &mut || Ok(())))
        } else {
            count(&mut stopped, &calls, &mut || if stop() { Err(Error::Interrupted) } else { Ok(()) })
        };
        let again = stopped.finish();
        if done.is_ok() || (again.is_ok() && stopped.is_finished()) {
            let found = stopped.pieces().to_vec().expect("small");
            // A call that was stopped before it began has changed nothing: what is there are the counts of the calls before it.
            assert!(done.is_err() || found == mirror.pieces, "not stopped, and yet other counts; spills: {spills}");
            if done.is_err() {
                let known = (0..=calls.len()).any(|made| {
                    let mut part = CorpusCounter::new(pattern.clone(), &special, 1);
                    count(&mut part, &calls[..made], &mut || Ok(())).expect("memory");
                    part.pieces().to_vec().expect("small") == found
                });
                assert!(known, "stopped, and the counts are those of no calls; spills: {spills}");
            }
        } else {
            assert!(!stopped.is_finished() && stopped.add(&[b"more"], &mut |_| Ok(())).is_err());
            assert!(matches!(again, Err(Error::Training(_))), "{again:?}");
        }
    }
}
