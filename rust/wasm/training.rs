//! Training: a text is counted once, and merges are learnt from its counts, with a trace or without.
//!
//! The module imports two functions, which it calls while it trains, so that the page can show progress.

use super::{answer, events, wrong};
use crate::error::Result;
use crate::fast;
use crate::fast::count::corpus_counter::{CorpusCounter, Counted};
use crate::pretokenize::Pattern;
use crate::special::SpecialTokens;
use crate::trace::Event;
use crate::train::{Observer, Stop, TieBreak, TrainOptions, Trained, extend};
use crate::vocab::Vocab;
use std::cell::RefCell;
use std::sync::Arc;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// How far it is: bytes counted since the last call, or merges made.
    safe fn progress(done: usize);
    /// An event of the trace, as JSON.
    safe fn event(start: *const u8, length: usize);
}

/// Outside a web page these calls do nothing.
#[cfg(not(target_arch = "wasm32"))]
fn progress(_done: usize) {}
#[cfg(not(target_arch = "wasm32"))]
fn event(_start: *const u8, _length: usize) {}

thread_local! {
    static COUNTED: RefCell<Option<CorpusCounter>> = const { RefCell::new(None) };
}

/// Counts the pieces of a text, which is one document; what was counted before is forgotten. The arguments are the text, the
/// pattern, and the names of the special tokens. The answer is JSON: how many bytes and pieces, and how many of these are
/// distinct.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn count() -> u32 {
    answer(|arguments| {
        let (text, pattern) = (arguments.bytes()?, Pattern::new(&arguments.text()?)?);
        let special = SpecialTokens::new(arguments.texts()?.into_iter().zip(0..).collect())?;
        let mut counter = CorpusCounter::new(pattern, &special, 1);
        counter.add(&[&text], &mut |bytes| {
            progress(bytes);
            Ok(())
        })?;
        counter.finish(&mut || Ok(()))?;
        let (pieces, distinct) = counter.pieces().totals();
        let told = format!(r#"{{"bytes":{},"pieces":{pieces},"unique_pieces":{distinct}}}"#, counter.bytes);
        COUNTED.set(Some(counter));
        Ok(told.into_bytes())
    })
}

/// Learns merges from what was counted; ties are broken by the first, second or third rule of [`TieBreak`]. The answer is
/// JSON: the merges, how many of them had rivals of equal count, and why training stopped.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn learn(n_merges: usize, tie_break: u32, traced: u32) -> u32 {
    answer(|_| {
        let tie_break = match tie_break {
            0 => TieBreak::SmallestIds,
            1 => TieBreak::FirstSeen,
            2 => TieBreak::GreatestBytes,
            _ => return Err(wrong("there is no such rule for ties")),
        };
        let options = TrainOptions { tie_break, ..TrainOptions::new(n_merges) };
        COUNTED.with_borrow(|counted| {
            let counted = counted.as_ref().ok_or_else(|| wrong("nothing was counted"))?;
            let trained = learn_from(counted.pieces(), &options, traced != 0)?;
            Ok(told(&trained).into_bytes())
        })
    })
}

fn learn_from(counted: Counted<'_>, options: &TrainOptions, traced: bool) -> Result<Trained> {
    let vocab = Vocab::from_merges(&options.byte_order, &[])?;
    let mut on_merge = |merges| {
        progress(merges);
        Ok(())
    };
    if !traced && let Counted::Table(pieces) = counted {
        return fast::train::extend(Arc::new(vocab), 256, pieces, options, &mut on_merge);
    }
    let mut written = String::new();
    let mut emit = |one: Event| {
        written.clear();
        events::write(&one, &mut written);
        event(written.as_ptr(), written.len());
        Ok(())
    };
    let mut observer = Observer { on_merge: &mut on_merge, trace: traced.then_some(&mut emit) };
    extend(&vocab, 256, &counted.to_vec()?, options, &mut observer)
}

fn told(trained: &Trained) -> String {
    let stop = match trained.stop {
        Stop::VocabSize => "vocab_size",
        Stop::MinFrequency => "min_frequency",
    };
    let merges: Vec<String> = trained.merges.iter().map(|(left, right)| format!("[{left},{right}]")).collect();
    format!(r#"{{"merges":[{}],"ties":{},"stop":"{stop}"}}"#, merges.join(","), trained.ties)
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    #[test]
    fn counted_once_and_learnt_from_twice() {
        assert!(call(&[], || learn(1, 0, 0)).unwrap_err().contains("nothing was counted"));
        let counted = call(&[b"ab ab<s>abc", b"gpt2", b"<s>"], || count()).unwrap();
        assert_eq!(counted, br#"{"bytes":11,"pieces":3,"unique_pieces":3}"#);
        let wanted = br#"{"merges":[[97,98],[32,256],[256,99]],"ties":1,"stop":"min_frequency"}"#;
        for traced in [0, 1] {
            let learnt = call(&[], || learn(9, 0, traced)).unwrap();
            assert_eq!(String::from_utf8(learnt).unwrap(), String::from_utf8(wanted.to_vec()).unwrap());
        }
        assert!(call(&[], || learn(9, 3, 0)).is_err());
    }
}
