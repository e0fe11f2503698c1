//! Tokenizers learnt from texts.

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::fast;
use crate::fast::count::corpus_counter::CorpusCounter;
use crate::fast::vocab::FastVocab;
use crate::formats::definition::{Definition, Fields};
use crate::formats::value::Value;
use crate::formats::{MAX_ID, Named};
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::names::pattern_named;
use crate::reference::published::patterns::{DEFAULT_PATTERN, Pattern};
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{self, TieBreak};

/// How much text is counted at a time.
const BATCH: usize = 4 << 20;

/// How to train; see [`Tokenizer::train`].
///
/// The result depends on the texts and the options only: not on the number of threads.
///
/// ```
/// use minitok::TrainOptions;
///
/// let options = TrainOptions::new(300).pattern("gpt2").special_tokens(["<|end|>"]).min_frequency(2);
/// let tok = options.train(["low lower lowest", "new newer newest"])?;
/// assert_eq!(tok.special_tokens().next(), Some(("<|end|>", tok.vocab_size() - 1)));
/// # Ok::<(), minitok::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TrainOptions {
    vocab_size: u32,
    pattern: String,
    special_tokens: Vec<String>,
    tie_break: TieBreak,
    min_frequency: i64,
    max_token_length: Option<usize>,
    threads: Option<usize>,
}

impl TrainOptions {
    /// A vocabulary of this many ids: 256 bytes, the merges, and the special tokens. Text is cut by the pattern `o200k`.
    pub fn new(vocab_size: u32) -> TrainOptions {
        TrainOptions {
            vocab_size,
            pattern: DEFAULT_PATTERN.into(),
            special_tokens: Vec::new(),
            tie_break: TieBreak::default(),
            min_frequency: 1,
            max_token_length: None,
            threads: None,
        }
    }

    /// How text is cut, which no merge crosses: by a name or a regular expression, as for [`LoadOptions::pattern`].
    ///
    /// [`LoadOptions::pattern`]: crate::LoadOptions::pattern
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> TrainOptions {
        self.pattern = pattern.into();
        self
    }

    /// The special tokens, in the order of their ids, which come after the last merge. They are cut out of the texts first.
    #[must_use]
    pub fn special_tokens<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> TrainOptions {
        self.special_tokens = names.into_iter().map(Into::into).collect();
        self
    }

    /// Which of the pairs with the highest count is merged.
    #[must_use]
    pub fn tie_break(mut self, tie_break: TieBreak) -> TrainOptions {
        self.tie_break = tie_break;
        self
    }

    /// Training stops before a pair that occurs less often; 1 by default.
    #[must_use]
    pub fn min_frequency(mut self, count: u32) -> TrainOptions {
        self.min_frequency = count.max(1).into();
        self
    }

    /// The most bytes that a token may have.
    #[must_use]
    pub fn max_token_length(mut self, bytes: usize) -> TrainOptions {
        self.max_token_length = Some(bytes.max(1));
        self
    }

    /// How many threads count; as many as the machine has by default.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> TrainOptions {
        self.threads = Some(threads.max(1));
        self
    }

    /// The tokenizer that texts make, each of which is one document: no merge crosses two. They are read once, a few at a time.
    ///
    /// # Errors
    ///
    /// [`Error::Training`] if the options cannot be met, [`Error::Pattern`] if the pattern is malformed, or nearly a name.
    pub fn train<T: AsRef<str>>(&self, texts: impl IntoIterator<Item = T>) -> Result<Tokenizer> {
        let n_special = u32::try_from(self.special_tokens.len()).unwrap_or(MAX_ID);
        let least = n_special.saturating_add(256);
        let size = self.vocab_size;
        if !(least..=MAX_ID).contains(&size) {
            let what = format!("256 bytes and {n_special} special tokens");
            return Err(Error::Training(format!("vocab_size {size} is not between {least} ({what}) and {MAX_ID}")));
        }
        let special = SpecialTokens::new(self.special_tokens.iter().cloned().zip(0..).collect())?;
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let pattern = pattern_named(&self.pattern)?;
        let mut counter = CorpusCounter::new(Pattern::new(&pattern)?, &special, threads.unwrap_or(1));
        count(&mut counter, texts)?;
        let (documents, bytes) = (counter.documents, counter.bytes);
        let lost = || Error::Training("the counts are not in memory".into());
        let pieces = counter.into_table().ok_or_else(lost)?;
        let options = train::TrainOptions {
            tie_break: self.tie_break,
            min_frequency: self.min_frequency,
            max_token_length: self.max_token_length,
            ..train::TrainOptions::new((size - least) as usize)
        };
        let trained = fast::train::train(pieces, &options, &mut |_| Ok(()))?;
        let vocab = FastVocab::new(Vocab::from_merges(&options.byte_order, &trained.merges)?);
        let first = 256 + u32::try_from(trained.merges.len()).unwrap_or(MAX_ID);
        let special: Named = self.special_tokens.iter().cloned().zip(first..).collect();
        let mut fields = Fields::new(pattern, special);
        fields.trained = Some(self.record(&trained, documents, bytes));
        Tokenizer::of(Definition { vocab, fields })
    }

    /// What a file says of the training.
    fn record(&self, trained: &train::Trained, documents: u64, bytes: u64) -> Value {
        let whole = |number: usize| Value::Whole(number as i128);
        let fields = [
            ("vocab_size", Value::Whole(self.vocab_size.into())),
            ("tie_break", Value::Text(self.tie_break.name().into())),
            ("min_frequency", Value::Whole(self.min_frequency.into())),
            ("max_token_length", self.max_token_length.map_or(Value::Null, whole)),
            ("stop", Value::Text(trained.stop.name().into())),
            ("merges", whole(trained.merges.len())),
            ("ties", whole(trained.ties)),
            ("documents", Value::Whole(documents.into())),
            ("bytes", Value::Whole(bytes.into())),
        ];
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

impl Tokenizer {
    /// Trains a tokenizer with `vocab_size` ids on texts, each of which is one document: 256 bytes, the merges, and the special
    /// tokens. [`TrainOptions`] has more to choose.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::train(["low lower lowest", "new newer newest"], 260)?;
    /// assert_eq!(tok.token_bytes(256), Some(&b"we"[..]));
    /// assert_eq!(tok.decode(&tok.encode("lowest")?)?, "lowest");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn train<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, vocab_size: u32) -> Result<Tokenizer> {
        TrainOptions::new(vocab_size).train(texts)
    }
}

/// Counts the pieces of texts, a batch at a time.
fn count<T: AsRef<str>>(counter: &mut CorpusCounter, texts: impl IntoIterator<Item = T>) -> Result<()> {
    let mut texts = texts.into_iter().peekable();
    while texts.peek().is_some() {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(text) = texts.next_if(|_| bytes < BATCH) {
            bytes += text.as_ref().len();
            batch.push(text);
        }
        let documents: Vec<&[u8]> = batch.iter().map(|text| text.as_ref().as_bytes()).collect();
        counter.add(&documents, &mut |_| Ok(()))?;
    }
    counter.finish()
}
