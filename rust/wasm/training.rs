//! Training: texts are counted once, and merges are learnt from their counts, with a trace or without, or with parity.
//!
//! The module imports two functions, which it calls while it trains, so that the page can show progress.

use super::{answer, wrong};
use crate::error::Result;
use crate::fast;
use crate::fast::count::corpus_counter::{CorpusCounter, Counted};
use crate::fast::count::pieces::Corpus;
use crate::fast::util::fallible::try_collect;
use crate::formats::events;
use crate::reference::more::parity::ParityOptions;
use crate::reference::more::trace::train_merge;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::names::pattern_named;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{Chosen, Observer, Stop, TieBreak, TrainOptions, Trained, extend};
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
    static COUNTED: RefCell<Vec<CorpusCounter>> = const { RefCell::new(Vec::new()) };
}

/// Counts the pieces of a corpus: a list of documents. What was counted before stays beside it if `more` is not 0, else it is
/// forgotten. The arguments are the list, the pattern, and the names of the special tokens. The answer is JSON: how many documents,
/// bytes and pieces, and how many of these are distinct.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn count(more: u32) -> u32 {
    answer(|arguments| {
        let (documents, pattern) = (arguments.byte_lists()?, Pattern::new(&pattern_named(&arguments.text()?)?)?);
        let documents: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
        let special = SpecialTokens::new(arguments.texts()?.into_iter().zip(0..).collect())?;
        let mut counter = CorpusCounter::new(pattern, &special, 1);
        counter.add(&documents, &mut |bytes| {
            progress(bytes);
            Ok(())
        })?;
        counter.finish()?;
        let (pieces, distinct) = counter.pieces().totals();
        let told = format!(
            r#"{{"documents":{},"bytes":{},"pieces":{pieces},"unique_pieces":{distinct}}}"#,
            counter.documents, counter.bytes
        );
        COUNTED.with_borrow_mut(|counted| {
            if more == 0 {
                counted.clear();
            }
            counted.push(counter);
        });
        Ok(told.into_bytes())
    })
}

/// Learns merges from the corpus counted last; ties are broken by the first, second or third rule of [`TieBreak`]. The answer is
/// JSON: the merges, how many of them had rivals of equal count, and why training stopped.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn learn(n_merges: usize, tie_break: u32, traced: u32) -> u32 {
    answer(|_| {
        let tie_break = TieBreak::ALL.get(tie_break as usize).copied();
        let tie_break = tie_break.ok_or_else(|| wrong("there is no such rule for ties"))?;
        let options = TrainOptions { tie_break, ..TrainOptions::new(n_merges) };
        COUNTED.with_borrow(|counted| {
            let counted = counted.last().ok_or_else(|| wrong("nothing was counted"))?;
            let trained = learn_from(counted.pieces(), &options, traced != 0)?;
            Ok(format!("{{{}}}", told(&trained.merges, trained.ties, trained.stop)).into_bytes())
        })
    })
}

/// Learns merges that are fair to several languages (SPEC T14, T15): the corpora that were counted are the texts of each, then the
/// development texts of each. The answer is that of [`learn`], and how many merges each language has chosen.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn learn_parity(n_merges: usize) -> u32 {
    answer(|_| {
        COUNTED.with_borrow(|counted| {
            let (texts, development) = counted.split_at(counted.len() / 2);
            if texts.is_empty() || texts.len() != development.len() {
                return Err(wrong("there are not two corpora for each language"));
            }
            let options = TrainOptions::new(n_merges);
            let vocab = Arc::new(Vocab::from_merges(&options.byte_order, &[])?);
            let corpora = (corpora(texts)?, corpora(development)?);
            let parity = ParityOptions::default();
            let trained = fast::train::train_parity((vocab, 256), corpora, &options, &parity, &mut |merges| {
                progress(merges);
                Ok(())
            })?;
            let turns = |language| trained.turns.iter().filter(|&&turn| turn == language).count().to_string();
            let chosen: Vec<String> = (0..texts.len()).map(turns).collect();
            let told = told(&trained.merges, trained.ties, trained.stop);
            Ok(format!(r#"{{{told},"chosen":[{}]}}"#, chosen.join(",")).into_bytes())
        })
    })
}

fn corpora(counters: &[CorpusCounter]) -> Result<Vec<Corpus<'_>>> {
    try_collect(counters.iter().map(|counter| Ok(Corpus { pieces: counter.pieces().load()?, are_runs: false })))
}

fn learn_from(counted: Counted<'_>, options: &TrainOptions, traced: bool) -> Result<Trained> {
    let vocab = Vocab::from_merges(&options.byte_order, &[])?;
    let mut on_merge = |merges| {
        progress(merges);
        Ok(())
    };
    if !traced && let Counted::Table(pieces) = counted {
        return fast::train::extend((Arc::new(vocab), 256), pieces, options, &mut on_merge);
    }
    let mut emit = |chosen: Chosen| {
        let written = events::value(&train_merge(chosen)).json()?;
        event(written.as_ptr(), written.len());
        Ok(())
    };
    let mut observer = Observer { on_merge: &mut on_merge, trace: traced.then_some(&mut emit) };
    extend(&vocab, 256, &counted.to_vec()?, options, &mut observer)
}

fn told(merges: &[(u32, u32)], ties: usize, stop: Stop) -> String {
    let merges: Vec<String> = merges.iter().map(|(left, right)| format!("[{left},{right}]")).collect();
    format!(r#""merges":[{}],"ties":{ties},"stop":"{}""#, merges.join(","), stop.name())
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, tests::call};
    use super::*;

    #[test]
    fn counted_once_and_learnt_from_twice() {
        assert!(call(&[], || learn(1, 0, 0)).unwrap_err().contains("nothing was counted"));
        let counted = call(&[&numbers([11]), b"ab ab<s>abc", b"gpt2", b"<s>"], || count(0)).unwrap();
        assert_eq!(counted, br#"{"documents":1,"bytes":11,"pieces":3,"unique_pieces":3}"#);
        let wanted = br#"{"merges":[[97,98],[32,256],[256,99]],"ties":1,"stop":"min_frequency"}"#;
        for traced in [0, 1] {
            let learnt = call(&[], || learn(9, 0, traced)).unwrap();
            assert_eq!(String::from_utf8(learnt).unwrap(), String::from_utf8(wanted.to_vec()).unwrap());
        }
        assert!(call(&[], || learn(9, 3, 0)).is_err());
    }
    /// The example by hand of `rust/reference/more/parity.rs`.
    #[test]
    fn each_language_chooses_in_its_turn() {
        let of = |text: &[u8], more| call(&[&numbers([text.len() as u32]), text, b"none"], || count(more)).unwrap();
        of(b"forgotten", 0);
        of(b"aabb", 0);
        assert!(call(&[], || learn_parity(9)).unwrap_err().contains("two corpora"));
        for text in [b"ccdd", b"aabb", b"ccdd"] {
            of(text, 1);
        }
        let learnt = String::from_utf8(call(&[], || learn_parity(9)).unwrap()).unwrap();
        let merges = "[98,98],[100,100],[97,256],[99,257],[97,258],[99,259]";
        assert_eq!(learnt, format!(r#"{{"merges":[{merges}],"ties":4,"stop":"min_frequency","chosen":[3,3]}}"#));
    }
}
