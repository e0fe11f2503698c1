//! The tokenizer that a program holds.

use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::formats::definition::Definition;
use crate::formats::dump;
use crate::reference::published::codecs::Refused;
use crate::reference::published::names::suggest;
use crate::reference::published::preprocess::TokenFinder;
use crate::support::once::Once;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Which special tokens are found in a text. Added tokens, which are part of a model's text, always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special<'a> {
    /// All of them: for text that a program has written, such as a rendered conversation.
    All,
    /// Those of these names.
    Only(&'a [&'a str]),
}

impl Special<'_> {
    /// None: for text from outside.
    pub const NONE: Special<'static> = Special::Only(&[]);
}

/// A tokenizer: text to ids and back.
///
/// It never changes, and can be shared: it is `Send` and `Sync`, and a clone is the same tokenizer. Each thread that encodes gets a
/// workspace of its own, which keeps the ids of pieces met before; so the first texts are slower than those that follow.
///
/// ```
/// use minitok::Tokenizer;
///
/// let tok = Tokenizer::encoding("o200k_base")?;
/// let ids = tok.encode("Hello, world!")?;
/// assert_eq!(ids, [13225, 11, 2375, 0]);
/// assert_eq!(tok.count("Hello, world!")?, 4);
/// assert_eq!(tok.decode(&ids)?, "Hello, world!");
/// # Ok::<(), minitok::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokenizer {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) definition: Definition,
    pub(super) codec: Arc<FastCodec>,
    /// Finds the added tokens; these and all special ones; these and those that were asked for last.
    pub(super) added: Arc<TokenFinder>,
    all: Once<Arc<TokenFinder>>,
    last: Last<TokenFinder>,
    /// Finds these, and the added tokens that mark nothing.
    last_everywhere: Last<TokenFinder>,
    /// The special tokens that merges may make of text, in order; but for the unknown one, which is that of any text without a token.
    pub(super) made: Vec<u32>,
    /// Finds the control tokens that were not allowed last, by those that were.
    last_refused: Last<Refused>,
}

/// What was made last, and the names that it was made for.
struct Last<T>(Mutex<Option<(Vec<String>, Arc<T>)>>);

impl<T> Last<T> {
    fn new() -> Last<T> {
        Last(Mutex::new(None))
    }

    fn get_or_make(&self, names: &[&str], make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((held, made)) = &*last
            && held.iter().map(String::as_str).eq(names.iter().copied())
        {
            return Ok(Arc::clone(made));
        }
        let new = Arc::new(make()?);
        *last = Some((names.iter().map(|&name| name.to_owned()).collect(), Arc::clone(&new)));
        Ok(new)
    }
}

impl Tokenizer {
    pub(super) fn of(definition: Definition) -> Result<Tokenizer> {
        let codec = definition.codec()?;
        let added = Arc::new(codec.core().finder(Some(&[]))?);
        let core = definition.vocab.core();
        let unknown = core.alphabet.symbols.as_ref().and_then(|symbols| symbols.unknown);
        let special = definition.fields.special_tokens.iter().map(|&(_, id)| id);
        let mut made: Vec<u32> = special.filter(|&id| Some(id) != unknown && core.token_bytes(id).is_some()).collect();
        made.sort_unstable();
        let (codec, all) = (Arc::new(codec), Once::new());
        let (last, last_everywhere, last_refused) = (Last::new(), Last::new(), Last::new());
        let shared = Shared { definition, codec, added, all, last, last_everywhere, made, last_refused };
        Ok(Tokenizer { shared: Arc::new(shared) })
    }

    // -- text to ids -------------------------------------------------------------------------------------------------------

    /// The ids of a text. Special tokens in it are text, as in the library that defines the vocabulary, so that no text can
    /// smuggle one in.
    ///
    /// # Errors
    ///
    /// [`Error::Pattern`] if a split pattern of a file takes too many steps, [`Error::MissingByte`] if the vocabulary of a file has
    /// no token for a byte of the text, [`Error::Memory`]. With a published encoding, only the last.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.encode("<|endoftext|>")?.len(), 7);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.shared.codec.encode(1, text.as_bytes(), &self.shared.added, false)
    }

    /// The ids of a text in which special tokens are found: all, or some.
    ///
    /// # Errors
    ///
    /// As for [`encode`](Self::encode), and [`Error::Vocabulary`] if there is no special token of a name.
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.encode_with_special("<|endoftext|>", Special::All)?, [199999]);
    /// assert_eq!(tok.encode_with_special("<|endoftext|>", Special::Only(&["<|endofprompt|>"]))?.len(), 7);
    /// let unknown = tok.encode_with_special("", Special::Only(&["<|endoftxt|>"])).unwrap_err().to_string();
    /// assert_eq!(unknown, "there is no special token '<|endoftxt|>'; did you mean '<|endoftext|>'?");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_with_special(&self, text: &str, special: Special) -> Result<Vec<u32>> {
        let search = self.shared.search(special)?;
        self.shared.codec.encode(1, text.as_bytes(), &search, false)
    }

    /// The ids of a text from a stranger: a control token in it is an error, unless it is allowed.
    ///
    /// Control tokens are the special tokens, and the added tokens that may mark something, which [`encode`](Self::encode) finds in
    /// every text as the library that defines the tokenizer does: [`control_tokens`](Self::control_tokens).
    ///
    /// # Errors
    ///
    /// [`Error::DisallowedSpecial`] if the text holds the name of a control token, or becomes its id; and as for
    /// [`encode_with_special`](Self::encode_with_special).
    ///
    /// ```
    /// use minitok::{Error, Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.encode_strict("hello", Special::Only(&[]))?, [24912]);
    /// let refused = tok.encode_strict("hello<|endoftext|>", Special::Only(&[]));
    /// assert_eq!(refused, Err(Error::DisallowedSpecial { token: "<|endoftext|>".into(), position: 5 }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn encode_strict(&self, text: &str, special: Special) -> Result<Vec<u32>> {
        let search = self.shared.search(special)?;
        if let Special::Only(allowed) = special {
            let refused = self.shared.refused(allowed)?;
            self.shared.codec.check(text.as_bytes(), &refused, &search, false, None)?;
        }
        self.shared.codec.encode(1, text.as_bytes(), &search, false)
    }

    /// How many ids [`encode`](Self::encode) gives. They are counted where they are found, and not kept.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// assert_eq!(Tokenizer::encoding("o200k_base")?.count("hello world")?, 2);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn count(&self, text: &str) -> Result<usize> {
        self.shared.codec.count(text.as_bytes(), &self.shared.added, false)
    }

    // -- ids to text -------------------------------------------------------------------------------------------------------

    /// The text of ids. Bytes that are not UTF-8, as a token may begin or end within a character, become U+FFFD.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownToken`] if an id has no token; it says which, and where.
    ///
    /// ```
    /// use minitok::{Error, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.decode(&[24912, 2375])?, "hello world");
    /// assert_eq!(tok.decode(&[24912, 300_000]), Err(Error::UnknownToken { id: 300_000, position: 1 }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        let bytes = self.decode_bytes(ids)?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// The bytes of ids, end to end.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.decode_bytes(&tok.encode("é")?)?, [0xC3, 0xA9]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        let codec = &self.shared.codec;
        let core = codec.core();
        let mut bytes = match codec.decoder()? {
            Some(decoder) => decoder.decode(ids)?,
            None => return core.decode_bytes(ids),
        };
        if core.drops_space() && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        Ok(bytes)
    }

    // -- what it is --------------------------------------------------------------------------------------------------------

    /// The name: of a published encoding, or the one that a file gives.
    pub fn name(&self) -> Option<&str> {
        self.shared.definition.fields.name.as_deref()
    }

    /// One more than the highest id; gaps count.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// assert_eq!(Tokenizer::encoding("o200k_base")?.vocab_size(), 200_019);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn vocab_size(&self) -> u32 {
        self.shared.definition.vocab_size()
    }

    /// How text is split before merging: the name of a pattern, or a regular expression.
    pub fn pattern(&self) -> &str {
        &self.shared.definition.fields.pattern
    }

    /// Names and ids of the special tokens.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("cl100k_base")?;
    /// assert_eq!(tok.special_tokens().next(), Some(("<|endoftext|>", 100_257)));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn special_tokens(&self) -> impl Iterator<Item = (&str, u32)> {
        self.shared.definition.fields.special_tokens.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// The names of the control tokens: the special tokens, and the added tokens that may mark something.
    ///
    /// An added token may mark something if the chat templates that the file holds can write it, if the file names it, or if it looks
    /// like a marker. A folder's other files are not read: without a template, anything in brackets or bars looks like one.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("gpt2")?;
    /// assert_eq!(tok.control_tokens(), ["<|endoftext|>"]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn control_tokens(&self) -> Vec<&str> {
        self.shared.definition.fields.control_tokens()
    }

    /// The bytes of an id; None if it has no token.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// assert_eq!(Tokenizer::encoding("o200k_base")?.token_bytes(2375), Some(&b" world"[..]));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.shared.codec.core().token_bytes(id)
    }

    /// The id of a token's bytes, or of a special token's name; None if there is no such token.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!((tok.token_id(b" world"), tok.token_id(b"<|endoftext|>")), (Some(2375), Some(199_999)));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn token_id(&self, token: &[u8]) -> Option<u32> {
        let definition = &self.shared.definition;
        let named = || definition.fields.found_tokens().find(|(name, _)| name.as_bytes() == token).map(|&(_, id)| id);
        definition.vocab.core().token_id(token).or_else(named)
    }

    // -- as a file ---------------------------------------------------------------------------------------------------------

    /// The tokenizer as the text of one of minitok's own files: JSON with everything that ids depend on.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::train(["low lower lowest"], 260)?;
    /// let again = Tokenizer::from_bytes(tok.to_json()?.as_bytes())?;
    /// assert_eq!(again.encode("lower")?, tok.encode("lower")?);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if there is no memory for it.
    pub fn to_json(&self) -> Result<String> {
        dump::dump(&self.shared.definition)
    }

    /// Writes [`to_json`](Self::to_json) to a file: under a temporary name next to it, which is renamed, so that the file is written
    /// whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written, [`Error::Memory`] if there is no memory for its text.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let written = std::fs::write(&temporary, self.to_json()?).and_then(|()| std::fs::rename(&temporary, path));
        written.map_err(|error| {
            // The part that was written is of no use. If removing it fails, the first error is still the one to report.
            std::fs::remove_file(&temporary).ok();
            crate::reference::count::unread(path, &error)
        })
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = &self.shared.definition.fields;
        to.debug_struct("Tokenizer")
            .field("name", &fields.name)
            .field("vocab_size", &self.vocab_size())
            .field("pattern", &fields.pattern)
            .field("special_tokens", &fields.special_tokens.len())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// What finds the added tokens and these special ones.
    pub(super) fn search(&self, special: Special) -> Result<Arc<TokenFinder>> {
        let tokens = &self.definition.fields.special_tokens;
        if matches!(special, Special::Only([])) {
            return Ok(Arc::clone(&self.added));
        }
        let Special::Only(names) = special else {
            if let Some(found) = self.all.get() {
                return Ok(Arc::clone(found));
            }
            let names: Vec<&str> = tokens.iter().map(|(name, _)| name.as_str()).collect();
            let found = Arc::new(self.codec.core().finder(Some(&names))?);
            return Ok(Arc::clone(self.all.get_or_make(|| found)));
        };
        self.last.get_or_make(names, || {
            self.check_names(names)?;
            self.codec.core().finder(Some(names))
        })
    }

    /// What finds these special tokens, and the added ones that mark nothing.
    pub(super) fn everywhere(&self, names: &[&str]) -> Result<Arc<TokenFinder>> {
        self.last_everywhere.get_or_make(names, || {
            self.check_names(names)?;
            let fields = &self.definition.fields;
            let found = [names, &fields.everywhere(fields.chat.as_ref())].concat();
            self.codec.core().preprocessor.finder(&found, &[])
        })
    }

    /// An error if there is no token of one of these names.
    fn check_names(&self, names: &[&str]) -> Result<()> {
        let fields = &self.definition.fields;
        let known = |name: &str| fields.found_tokens().any(|(known, _)| known == name);
        let Some(unknown) = names.iter().find(|name| !known(name)) else { return Ok(()) };
        let meant = suggest(unknown, fields.special_tokens.iter().map(|(name, _)| name.as_str()), "");
        Err(Error::Vocabulary(format!("there is no special token '{unknown}'{meant}")))
    }

    /// What finds the control tokens but these.
    fn refused(&self, allowed: &[&str]) -> Result<Arc<Refused>> {
        self.last_refused.get_or_make(allowed, || {
            let mut names = self.definition.fields.control_tokens();
            names.retain(|name| !allowed.contains(name));
            Ok(self.codec.core().refusing(&names))
        })
    }
}
