//! What a caller says of a file that does not say it.

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::formats::detect::{Given, read, read_path};
use crate::formats::{MAX_ID, blamed};
use crate::reference::published::names::pattern_named;
use std::path::Path;

/// How to read a file that does not hold its split pattern and its special tokens, as a rank file of tiktoken does not.
///
/// ```
/// use minitok::{LoadOptions, Special};
///
/// // The 256 bytes, and one more token: `ab`.
/// # let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// # let byte = |byte: usize| format!("{}{}==", digits[byte >> 2] as char, digits[(byte & 3) << 4] as char);
/// # let bytes: String = (0..256).map(|rank| format!("{} {rank}\n", byte(rank))).collect();
/// let ranks = bytes + "YWI= 256\n";
///
/// let options = LoadOptions::new().pattern("o200k").special_token("<|end|>", 257);
/// let tok = options.from_bytes(ranks.as_bytes())?;
/// assert_eq!(tok.encode_with_special("abc<|end|>", Special::All)?, [256, 99, 257]);
/// # Ok::<(), minitok::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    given: Given,
}

impl LoadOptions {
    /// Nothing is said: the file must say it.
    pub fn new() -> LoadOptions {
        LoadOptions::default()
    }

    /// How text is cut: the name of a pattern (`gpt2`, `cl100k`, `o200k`, `llama3`, `qwen2` and others), `none`, an encoding or a
    /// model, whose pattern is meant, or a regular expression. One that matches nothing but its own text is refused, unless
    /// written `(?:text)`.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> LoadOptions {
        self.given.pattern = Some(pattern.into());
        self
    }

    /// A special token, in addition to those named before.
    #[must_use]
    pub fn special_token(mut self, name: impl Into<String>, id: u32) -> LoadOptions {
        self.given.special_tokens.get_or_insert_default().push((name.into(), id));
        self
    }

    /// The tokenizer of a file or a folder; see [`Tokenizer::from_file`].
    ///
    /// # Errors
    ///
    /// As there; [`Error::Format`] if the file says itself what was given; and [`Error::Pattern`] if the pattern is malformed, or
    /// nearly a name.
    #[allow(
        clippy::wrong_self_convention,
        reason = "as `OpenOptions::open`: what is made is from the file, by the options"
    )]
    pub fn from_file(&self, path: impl AsRef<Path>) -> Result<Tokenizer> {
        let path = path.as_ref();
        let definition = read_path(path, &self.checked()?)?;
        Tokenizer::of(definition).map_err(|error| blamed(error, Some(path)))
    }

    /// The tokenizer of the bytes of a file; see [`Tokenizer::from_bytes`].
    #[allow(clippy::wrong_self_convention, reason = "as for `from_file`")]
    pub fn from_bytes(&self, data: &[u8]) -> Result<Tokenizer> {
        let definition = read(data, &self.checked()?).map_err(|error| blamed(error, None))?;
        Tokenizer::of(definition).map_err(|error| blamed(error, None))
    }

    /// What was given, with the pattern that a name means.
    fn checked(&self) -> Result<Given> {
        let wrong = self.given.special_tokens.iter().flatten().find(|&&(_, id)| id > MAX_ID);
        match wrong {
            Some((name, id)) => {
                let reason = format!("the id {id} of the special token '{name}' is not between 0 and {MAX_ID}");
                Err(Error::Vocabulary(reason))
            }
            None => Ok(Given {
                pattern: self.given.pattern.as_deref().map(pattern_named).transpose()?,
                ..self.given.clone()
            }),
        }
    }
}

impl Tokenizer {
    /// The tokenizer of a file or a folder, whose format its content decides: Hugging Face's `tokenizer.json`, `SentencePiece`'s
    /// `.model`, Mistral's `tekken.json`, GGUF (of which only the head is read), minbpe's `.model`, minitok's own, and a folder
    /// with one of these or with GPT-2's `vocab.json` and `merges.txt`. A rank file of tiktoken does not say how text is cut:
    /// [`LoadOptions`] does.
    ///
    /// A file is data: nothing in it is run, and memory and time are bounded by a small multiple of its size.
    ///
    /// # Errors
    ///
    /// [`Error::Format`] if the file is malformed, or asks for something that this crate would do differently than the library
    /// that defines it; the message says what, and where. [`Error::File`] if it cannot be read.
    ///
    /// ```
    /// use minitok::{Error, Tokenizer};
    ///
    /// # let folder = std::env::temp_dir().join(format!("minitok-from-file-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("my.model");
    /// std::fs::write(&path, "minbpe v1\n\n0\n97 98\n256 99\n").unwrap();
    /// assert_eq!(Tokenizer::from_file(&path)?.encode("abcab")?, [257, 256]);
    ///
    /// std::fs::write(&path, "minbpe v1\n\n0\n97 300\n").unwrap();
    /// let Err(Error::Format { line, reason, .. }) = Tokenizer::from_file(&path) else { panic!() };
    /// assert_eq!((line, &*reason), (Some(4), "300 is not a token before this merge"));
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Tokenizer> {
        LoadOptions::new().from_file(path)
    }

    /// The tokenizer of the bytes of a file, as for [`from_file`](Self::from_file).
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::from_bytes(b"minbpe v1\n\n0\n97 98\n")?;
    /// assert_eq!(tok.encode("abab")?, [256, 256]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn from_bytes(data: &[u8]) -> Result<Tokenizer> {
        LoadOptions::new().from_bytes(data)
    }
}
