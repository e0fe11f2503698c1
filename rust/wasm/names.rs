//! What names of encodings and models mean, and what may be meant by a name that is not known (SPEC P10).

use super::answer;
use crate::error::{Error, Result};
use crate::reference::published::names::{
    encoding_named as named, encoding_of_model as of_model, suggest as suggested,
};
use crate::reference::published::names::{unknown_encoding, unknown_model};

/// The encoding that a name means: its own, or that of a model.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encoding_named() -> u32 {
    answer(|arguments| {
        let name = arguments.text()?;
        known(named(&name), || unknown_encoding(&name))
    })
}

/// The encoding that a model uses.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encoding_of_model() -> u32 {
    answer(|arguments| {
        let model = arguments.text()?;
        known(of_model(&model), || unknown_model(&model))
    })
}

/// The end of a message about an unknown name: which of a list of names may be meant, or what there is, which comes after the list.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn suggest() -> u32 {
    answer(|arguments| {
        let (name, known, others) = (arguments.text()?, arguments.list()?, arguments.text()?);
        Ok(suggested(&name, known.iter().map(String::as_str), &others).into_bytes())
    })
}

fn known(name: Option<&str>, message: impl FnOnce() -> String) -> Result<Vec<u8>> {
    name.map(|name| name.as_bytes().to_vec()).ok_or_else(|| Error::UnknownEncoding(message()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    #[test]
    fn a_program_asks_what_a_name_means() {
        assert_eq!(call(&[b"gpt-4o"], || encoding_named()).unwrap(), b"o200k_base");
        assert_eq!(call(&[b"gpt-4"], || encoding_of_model()).unwrap(), b"cl100k_base");
        assert!(call(&[b"gpt4"], || encoding_of_model()).unwrap_err().ends_with("did you mean 'gpt-4'?"));
        assert!(call(&[b"gtp2"], || encoding_named()).unwrap_err().ends_with("did you mean 'gpt2'?"));
        let list: [&[u8]; 4] = [b"a1b", &2_u32.to_le_bytes(), b"ab", b"; there is ab"];
        assert_eq!(call(&list, || suggest()).unwrap(), b"; there is ab");
    }
}
