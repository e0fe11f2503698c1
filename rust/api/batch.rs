//! Many texts, and ids in the caller's memory.

use super::tokenizer::{Special, Tokenizer};
use crate::error::Result;
use crate::fast::codec::encoding::Encoding;
use crate::fast::encode::parallel;

impl Tokenizer {
    /// Appends the ids of a text to a vector, which can be used again: where it has room, and the pieces of the text are known from
    /// earlier ones, no memory is asked for. On an error, some of the ids may have been appended.
    ///
    /// # Errors
    ///
    /// As for [`encode_with_special`](Self::encode_with_special).
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut ids = vec![199_998];
    /// tok.encode_into("hello world", Special::NONE, &mut ids)?;
    /// assert_eq!(ids, [199_998, 24912, 2375]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_into(&self, text: &str, special: Special, ids: &mut Vec<u32>) -> Result<()> {
        let search = self.shared.search(special)?;
        self.shared.codec.append(1, text.as_bytes(), &Encoding::plain(&search, false), ids)
    }

    /// The ids of several texts, in their order, found by at most `threads` threads.
    ///
    /// The calling thread works, too; others are made for the call, some 50 microseconds each, and end with it. None is made for
    /// fewer than 128 kB of text. A program that has threads of its own, or a pool such as rayon's, calls
    /// [`encode`](Self::encode) from those: a tokenizer is shared.
    ///
    /// # Errors
    ///
    /// Those of [`encode_with_special`](Self::encode_with_special), of one of the texts.
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let threads = std::thread::available_parallelism().map_or(1, Into::into);
    /// let ids = tok.encode_batch(&["hello", "hello world"], Special::NONE, threads)?;
    /// assert_eq!(ids, [vec![24912], vec![24912, 2375]]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_batch<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        special: Special,
        threads: usize,
    ) -> Result<Vec<Vec<u32>>> {
        let (codec, search) = (&self.shared.codec, self.shared.search(special)?);
        let encode = |text: &T| {
            let mut ids = codec.encode(1, text.as_ref().as_bytes(), &search, false)?;
            // The next text uses what this one did not: memory that was never touched is dear.
            ids.shrink_to_fit();
            Ok(ids)
        };
        parallel::map(texts, threads, |text| text.as_ref().len(), encode)
    }
}
