//! `parity.json`: training that is fair to several languages, by the mirror and by the fast trainer.

use super::reading::{bytes, each, list, pairs, text};
use minitok::fast::count::pieces::Corpus;
use minitok::reference::count::PieceCounter;
use minitok::reference::more::parity::{ParityOptions, Pieces, TrainedParity, train_parity};
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::vocabs::Vocab;
use minitok::reference::train::TrainOptions;
use serde_json::{Value, json};

fn size(value: &Value) -> Option<usize> {
    value.as_u64().map(|size| usize::try_from(size).unwrap())
}

/// The pieces of each language.
fn pieces(case: &Value, languages: &Value) -> Vec<Pieces> {
    let counted = |documents: &Value| {
        let pattern = Pattern::new(text(&case["options"]["pattern"])).unwrap();
        let special = SpecialTokens::new(vec![]).unwrap();
        let mut counter = PieceCounter::new(pattern, &special);
        for document in list(documents).iter().map(bytes) {
            counter.add([document.as_slice()]).unwrap();
        }
        counter.pieces
    };
    list(languages).iter().map(counted).collect()
}

/// The pieces as the fast trainer takes them.
fn corpora(all: &[Pieces]) -> Vec<Corpus<'_>> {
    all.iter().map(|pieces| Corpus::from(&pieces[..])).collect()
}

fn expect(trained: &TrainedParity, case: &Value) {
    assert_eq!(trained.merges, pairs(&case["merges"]));
    assert_eq!(
        json!([trained.turns, trained.counts, trained.ties, trained.stop.name()]),
        json!([case["turns"], case["counts"], case["ties"], case["stop"]])
    );
}

#[test]
fn parity() {
    each("parity", "merges", |case| {
        let given = &case["options"];
        let options = TrainOptions {
            min_frequency: given["min_frequency"].as_i64().unwrap_or(1),
            max_token_length: size(&given["max_token_length"]),
            ..TrainOptions::new(size(&given["n_merges"]).unwrap())
        };
        let parity = ParityOptions {
            global_merges: size(&given["global_merges"]).unwrap_or(0),
            ratio: given["ratio"].as_array().map(|ratio| ratio.iter().map(|each| each.as_f64().unwrap()).collect()),
            window: given["window"].as_u64(),
            alpha: given["alpha"].as_f64().unwrap_or(2.0),
            ..ParityOptions::default()
        };
        let vocab = Vocab::from_merges(&options.byte_order, &[]).unwrap();
        let (languages, development) = (pieces(case, &case["languages"]), pieces(case, &case["development"]));
        expect(
            &train_parity((&vocab, 256), (&languages, &development), &options, &parity, &mut |_| Ok(())).unwrap(),
            case,
        );
        let corpora = (corpora(&languages), corpora(&development));
        let trained =
            minitok::fast::train::train_parity((vocab.into(), 256), corpora, &options, &parity, &mut |_| Ok(()));
        expect(&trained.unwrap(), case);
    });
}
