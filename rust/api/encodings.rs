//! The published encodings: the vocabulary, the pattern and the special tokens of each. Must equal
//! `python/minitok/encodings/published.py`, whose numbers are checked against the libraries that define them.

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::fast::vocab::FastVocab;
use crate::formats::Named;
use crate::formats::definition::{Definition, Fields};
use crate::reference::published::names::{encoding_named, unknown_encoding};
use crate::reference::published::packed_vocab;
use crate::support::once::Once;

const END_OF_TEXT: &str = "<|endoftext|>";
const END_OF_PROMPT: &str = "<|endofprompt|>";
const FILL_IN: [&str; 3] = ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];

/// A packed vocabulary, if the feature of its name is on.
macro_rules! vocabulary {
    ($feature:literal) => {
        Packed {
            feature: $feature,
            #[cfg(feature = $feature)]
            data: Some(include_bytes!(concat!("../../python/minitok/encodings/data/", $feature, ".vocab"))),
            #[cfg(not(feature = $feature))]
            data: None,
        }
    };
}

pub(crate) struct Packed {
    feature: &'static str,
    data: Option<&'static [u8]>,
}

const CL100K: Packed = vocabulary!("cl100k");
const O200K: Packed = vocabulary!("o200k");
const P50K: Packed = vocabulary!("p50k");
const WHISPER: Packed = vocabulary!("whisper");

/// A name, the vocabulary without the ids from a number on, the pattern, and the special tokens.
pub(crate) type Published = (&'static str, &'static Packed, Option<u32>, &'static str, fn() -> Named);

static PUBLISHED: [Published; 10] = [
    ("gpt2", &P50K, Some(50_256), "gpt2", gpt2),
    ("r50k_base", &P50K, Some(50_256), "gpt2", gpt2),
    ("p50k_base", &P50K, None, "gpt2", gpt2),
    ("p50k_edit", &P50K, None, "gpt2", p50k_edit),
    ("cl100k_base", &CL100K, None, "cl100k", cl100k_base),
    ("o200k_base", &O200K, None, "o200k", o200k_base),
    ("o200k_harmony", &O200K, None, "o200k", o200k_harmony),
    ("whisper", &WHISPER, None, "gpt2", || whisper(50_257, 99)),
    ("whisper_v3", &WHISPER, None, "gpt2", || whisper(50_257, 100)),
    ("whisper_en", &P50K, Some(50_256), "gpt2", || whisper(50_256, 99)),
];

fn encoding(name: &str) -> Result<Tokenizer> {
    static OPENED: [Once<Tokenizer>; PUBLISHED.len()] = [const { Once::new() }; PUBLISHED.len()];
    let meant = encoding_named(name).ok_or_else(|| unknown(name))?;
    let found = PUBLISHED.iter().zip(&OPENED).find(|((known, ..), _)| *known == meant);
    let (known, opened) = found.ok_or_else(|| unknown(name))?;
    if let Some(tokenizer) = opened.get() {
        return Ok(tokenizer.clone());
    }
    let Some(data) = known.1.data else {
        let feature = known.1.feature;
        let reason = format!(
            "the encoding '{meant}' is not part of this program: it needs the feature \"{feature}\" of minitok"
        );
        return Err(Error::UnknownEncoding(reason));
    };
    let tokenizer = Tokenizer::of(definition(known, data)?)?;
    Ok(opened.get_or_make(|| tokenizer).clone())
}

/// What an encoding is, with its packed vocabulary.
pub(crate) fn definition(known: &Published, data: &[u8]) -> Result<Definition> {
    let vocab = FastVocab::new(packed_vocab::unpack(data, known.2)?);
    let &(name, _, _, pattern, special) = known;
    Ok(Definition { vocab, fields: Fields { name: Some(name.into()), ..Fields::new(pattern, special()) } })
}

/// An encoding by its name, for a program that gets the packed vocabulary from elsewhere.
#[cfg(feature = "wasm")]
pub(crate) fn published(name: &str) -> Result<&'static Published> {
    PUBLISHED.iter().find(|(known, ..)| *known == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::UnknownEncoding(unknown_encoding(name))
}

impl Tokenizer {
    /// A published encoding, by its name (with or without `_base`): `o200k_base`, `o200k_harmony`, `cl100k_base`, `p50k_base`,
    /// `p50k_edit`, `r50k_base`, `gpt2`, `whisper`, `whisper_v3`, `whisper_en`; or by that of a model of `OpenAI` or Whisper that
    /// uses it, such as `gpt-4o`. No file is read and nothing is downloaded: the vocabularies are part of the
    /// program, as far as the crate's features say (`cl100k` and `o200k` by default, `p50k`, `whisper`).
    ///
    /// The first call for a name takes some milliseconds, and the tokenizer is kept; later calls give the same one.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownEncoding`] if there is no such encoding (the message suggests one, or says where the model's file is), or
    /// if its feature is off (the message says which).
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// assert_eq!(Tokenizer::encoding("cl100k_base")?.count("tiktoken is great!")?, 6);
    /// assert_eq!(Tokenizer::encoding("gpt-4o")?.name(), Some("o200k_base"));
    /// let unknown = Tokenizer::encoding("o20k_base").unwrap_err();
    /// assert_eq!(unknown.to_string(), "unknown encoding 'o20k_base'; did you mean 'o200k_base'?");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encoding(name: &str) -> Result<Tokenizer> {
        encoding(name)
    }
}

/// The names with ids one after the other.
fn numbered<T: Into<String>>(names: impl IntoIterator<Item = T>, first: u32) -> Named {
    names.into_iter().map(Into::into).zip(first..).collect()
}

fn gpt2() -> Named {
    numbered([END_OF_TEXT], 50_256)
}

fn p50k_edit() -> Named {
    [gpt2(), numbered(FILL_IN, 50_281)].concat()
}

fn cl100k_base() -> Named {
    [numbered([END_OF_TEXT].into_iter().chain(FILL_IN), 100_257), numbered([END_OF_PROMPT], 100_276)].concat()
}

fn o200k_base() -> Named {
    [numbered([END_OF_TEXT], 199_999), numbered([END_OF_PROMPT], 200_018)].concat()
}

/// The id 200018 has two names, of which the first is the one it is decoded to.
fn o200k_harmony() -> Named {
    const NAMED: [(&str, u32); 8] = [
        ("<|startoftext|>", 199_998),
        ("<|return|>", 200_002),
        ("<|constrain|>", 200_003),
        ("<|channel|>", 200_005),
        ("<|start|>", 200_006),
        ("<|end|>", 200_007),
        ("<|message|>", 200_008),
        ("<|call|>", 200_012),
    ];
    let named = NAMED.iter().map(|&(name, id)| (name.to_owned(), id));
    let free = (200_000..201_088).filter(|id| NAMED.iter().all(|(_, taken)| taken != id));
    o200k_base().into_iter().chain(named).chain(free.map(|id| (format!("<|reserved_{id}|>"), id))).collect()
}

/// In Whisper's own order, which is that of the ids; the last came with large-v3.
const LANGUAGES: &str = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml \
    cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am \
    yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";

/// Whisper's special tokens: languages, tasks, and a time stamp for every fiftieth of a second up to 30.
fn whisper(first: u32, languages: usize) -> Named {
    const TASKS: [&str; 6] = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"];
    let words = ["endoftext", "startoftranscript"].into_iter().chain(LANGUAGES.split(' ').take(languages)).chain(TASKS);
    let times = (0..=1500).map(|step| format!("<|{}.{:02}|>", step / 50, step % 50 * 2));
    numbered(words.map(|word| format!("<|{word}|>")).chain(times), first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tokens_are_where_the_libraries_have_them() {
        assert_eq!(whisper(50_257, 100).last(), Some(&("<|30.00|>".to_owned(), 51_865)));
        assert_eq!((o200k_harmony().len(), cl100k_base().len(), p50k_edit().len()), (1091, 5, 4));
    }

    #[test]
    fn every_encoding_has_its_name_and_its_pattern_in_the_table_of_names() {
        for (name, _, _, pattern, _) in PUBLISHED {
            assert_eq!(
                (encoding_named(name), crate::reference::published::names::pattern_of(name)),
                (Some(name), Some(pattern))
            );
        }
    }

    #[test]
    fn an_encoding_that_is_not_built_in_says_which_feature_it_needs() {
        for (name, packed, ..) in PUBLISHED {
            match encoding(name) {
                Ok(tokenizer) => assert_eq!((tokenizer.name(), packed.data.is_some()), (Some(name), true)),
                Err(error) => assert!(error.to_string().contains(&format!("the feature \"{}\"", packed.feature))),
            }
        }
    }
}
