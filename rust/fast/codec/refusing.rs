//! Whether a text holds a token that it must not. Must equal `Codec::check` of `rust/reference/codec.rs`, which says where one is.

use super::FastCodec;
use super::encoding::Encoding;
use crate::error::Result;
use crate::reference::more::dropout::{Dropout, with_dropout};
use crate::reference::published::codecs::{EncodePiece, Refused};
use crate::reference::published::preprocess::TokenFinder;

impl FastCodec {
    /// Fails if the name of a refused token stands in the text, or if the text becomes its id.
    pub fn check(
        &self,
        text: &[u8],
        refused: &Refused,
        search: &TokenFinder,
        continues: bool,
        dropout: Option<&Dropout>,
    ) -> Result<()> {
        refused.check_names(text)?;
        if refused.ids.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::new();
        let how = Encoding { dropout, ..Encoding::plain(search, continues) };
        self.append(1, text, &how, &mut ids)?;
        if ids.iter().any(|id| refused.ids.contains_key(id)) {
            let mut at_random = dropout.map(|dropout| with_dropout(&self.core, text, dropout));
            let encode = at_random.as_mut().map(|encode| encode as EncodePiece);
            return self.core.check(text, refused, search, continues, encode);
        }
        Ok(())
    }
}
