//! How a split pattern is run, and the shortest text that two cut differently: what the lanes of the page show.

use super::answer;
use crate::fast::described::describe as described;
use crate::reference::published::patterns::difference as shortest;

/// How a pattern is run, in a few words.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn describe() -> u32 {
    answer(|arguments| Ok(described(&arguments.text()?)?.words().into_bytes()))
}

/// The shortest text that two patterns cut differently; nothing if there is none, or if that is not known.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn difference() -> u32 {
    answer(|arguments| {
        let found = shortest(&arguments.text()?, &arguments.text()?)?;
        Ok(found.ok().flatten().unwrap_or_default().into_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    #[test]
    fn a_page_asks_of_patterns() {
        let told = call(&[b"gpt2"], || describe()).unwrap();
        assert!(String::from_utf8(told).unwrap().starts_with("by masks"));
        assert_eq!(call(&[b"a+", b"a"], || difference()).unwrap(), b"aa");
        assert_eq!(call(&[b"gpt2", b"gpt2"], || difference()).unwrap(), b"");
        assert!(call(&[b"(a"], || describe()).is_err());
    }
}
