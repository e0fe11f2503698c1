//! The added tokens of a file: special ones, found where the caller allows it, and those that are found in every text.

use super::super::definition::{Definition, Fields};
use super::super::value::Value;
use super::super::{MAX_ID, Named, quoted, wrong};
use crate::error::Result;
use crate::fast::util::fallible::push;
use crate::reference::published::byte_chars::CHARS;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::published::preprocess::Preprocessor;
use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::noncontiguous::NFA;
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet};

const FLAGS: [&str; 3] = ["lstrip", "rstrip", "single_word"];
const HIDES: &str = "hides";

#[derive(Debug, Clone, Default)]
pub struct Added {
    /// Their ids by name, in the order of the file.
    pub ids: Named,
    /// The names of those that are `special`, and of those that are `normalized`: found in prepared text.
    pub special: BTreeSet<String>,
    pub late: BTreeSet<String>,
    pub flags: BTreeMap<String, BTreeSet<String>>,
}

impl Added {
    pub fn fill(&self, fields: &mut Fields, ids: Named) {
        let rows = ids.into_iter().map(|(name, id)| {
            let is_added = !self.special.contains(&name);
            (name, id, is_added)
        });
        fields.find_tokens(rows.collect::<Vec<_>>());
        fields.late_tokens.clone_from(&self.late);
        fields.token_flags.clone_from(&self.flags);
    }
}

pub fn read_added(content: &Value) -> Result<Added> {
    let mut added = Added::default();
    let Some(tokens) = content.get("added_tokens").filter(|tokens| tokens.is_set()) else { return Ok(added) };
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for token in tokens.list().ok_or_else(|| wrong("the added_tokens are not a list"))? {
        let Some(name) = token.text_of("content") else {
            return Err(wrong(format!("an added token has no content: {}", token.shown())));
        };
        let Some(id) = token.get("id").and_then(Value::id) else {
            let name = quoted(name);
            return Err(wrong(format!("the id of the added token {name} is not a whole number from 0 to {MAX_ID}")));
        };
        let flags: BTreeSet<String> = FLAGS.into_iter().filter(|flag| token.sets(flag)).map(str::to_owned).collect();
        if !flags.is_empty() {
            added.flags.insert(name.to_owned(), flags);
        }
        match seen.insert(name, id) {
            None => push(&mut added.ids, (name.to_owned(), id))?,
            Some(before) if before == id => {}
            Some(_) => return Err(wrong(format!("the added token {} has two ids", quoted(name)))),
        }
        let is_special = token.sets("special");
        if is_special {
            added.special.insert(name.to_owned());
        }
        if token.says("normalized", !is_special) {
            added.late.insert(name.to_owned());
        }
    }
    Ok(added)
}

/// The ids that `tokenizers` gives added tokens, whatever the file says: tokens of the model keep theirs, others count on from its size.
pub fn given_ids(added: &[(String, u32)], id_of: impl Fn(&str) -> Option<u32>, size: usize) -> Result<Named> {
    let mut free = u32::try_from(size).unwrap_or(u32::MAX);
    let mut given = Named::new();
    for (name, _) in added {
        let id = id_of(name).unwrap_or_else(|| {
            free = free.saturating_add(1);
            free - 1
        });
        push(&mut given, (name.clone(), id))?;
    }
    Ok(given)
}

/// The warning that added tokens have other ids in the file than here.
pub fn warning_of_other_ids(held: &[(String, u32)], given: &[(String, u32)]) -> Option<String> {
    let mut others = held.iter().zip(given).filter(|((_, held), (_, given))| held != given);
    let ((name, held), (_, given)) = others.next()?;
    let more = match others.count() {
        0 => String::new(),
        more => format!(", and {more} more have others"),
    };
    let name = quoted(name);
    Some(format!("the added token {name} has the id {held} in the file, and {given} here, as in tokenizers{more}"))
}

/// The added tokens that text may become without a merge where they are not found in it: a whole piece, or a single character as it is
/// written before merges (with its spaces `marked`).
pub fn in_text(added: &Added, by_bytes: bool, marked: bool, whole_pieces: bool) -> BTreeSet<String> {
    let bytes: BTreeSet<char> = CHARS.into_iter().collect();
    let names = added.ids.iter().map(|(name, _)| name.as_str());
    let may_be = |name: &&str| {
        let is_single = name.chars().count() == 1;
        (is_single || whole_pieces)
            && if by_bytes { name.chars().all(|char| bytes.contains(&char)) } else { !(marked && *name == " ") }
    };
    names.filter(may_be).map(str::to_owned).collect()
}

/// Marks special tokens that [hide](hiding) added ones. Refuses an added token whose text becomes empty: `tokenizers` finds it everywhere.
pub fn with_hiding(mut definition: Definition) -> Result<Definition> {
    let fields = &definition.fields;
    let normalizer = Normalizer::new(fields.normalizer.clone())?;
    // No other step takes all of a text away.
    let deletes = normalizer.steps().iter().any(|step| matches!(step, Step::Replace { text, .. } if text.is_empty()));
    for name in fields.late_tokens.iter().filter(|_| deletes) {
        if normalizer.apply(name.as_bytes())?.is_empty() {
            let name = quoted(name);
            return Err(wrong(format!("the added token {name} is normalized to nothing, which is found everywhere")));
        }
    }
    for name in hiding(fields)? {
        definition.fields.token_flags.entry(name).or_default().insert(HIDES.into());
    }
    Ok(definition)
}

/// Returns the special tokens in whose text `tokenizers` finds no added token, although it splits special tokens.
///
/// It finds all tokens of the file, and then leaves the special ones as text. That matters where an added token stands in the text of a
/// special one, or begins in it; both must be found at the same time, early or late.
pub fn hiding(fields: &Fields) -> Result<Vec<String>> {
    let normalizer = Normalizer::new(fields.normalizer.clone())?;
    let metaspace = fields.prefix.as_deref().map(Metaspace::new).transpose()?;
    let prepared = Preprocessor::new(SpecialTokens::new(Vec::new())?, normalizer, metaspace);
    let text_of = |name: &str| {
        let late = fields.late_tokens.contains(name);
        let text = if late { prepared.late_text(name)? } else { name.to_owned() };
        Ok::<_, crate::error::Error>((text, usize::from(late)))
    };
    // Where no special token is found at the same time, no texts are needed: making them may take many steps.
    let is_late = |name: &String| fields.late_tokens.contains(name);
    let times = [false, true].map(|late| fields.special_tokens.iter().any(|(name, _)| is_late(name) == late));
    let mut added = [Vec::new(), Vec::new()];
    for (name, _) in fields.added_tokens.iter().filter(|(name, _)| times[usize::from(is_late(name))]) {
        let (text, when) = text_of(name)?;
        if !text.is_empty() {
            push(&mut added[when], text)?;
        }
    }
    let [early, late] = added.map(|texts| (!texts.is_empty()).then(|| NFA::new(texts)).transpose());
    let refused = |_| wrong("the added tokens are too long to be searched for");
    let found = [early.map_err(refused)?, late.map_err(refused)?];
    let mut hiding = Vec::new();
    for (name, _) in &fields.special_tokens {
        let (text, when) = text_of(name)?;
        if found[when].as_ref().is_some_and(|added| hides(added, &text)) {
            push(&mut hiding, name.clone())?;
        }
    }
    Ok(hiding)
}

/// Whether a text holds one of the added tokens, or one begins in it, not at its start.
fn hides(added: &NFA, text: &str) -> bool {
    // The states of the two automata are those without and with what begins at the start.
    let Ok(start) = added.start_state(Anchored::No) else { return false };
    let (mut whole, mut behind) = (start, start);
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        whole = added.next_state(Anchored::No, whole, byte);
        behind = if at == 0 { start } else { added.next_state(Anchored::No, behind, byte) };
        if added.is_match(whole) {
            return true;
        }
    }
    behind != start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let added = [("a".to_owned(), 300), ("<s>".to_owned(), 300), ("</s>".to_owned(), 256)];
        let given = given_ids(&added, |name| (name == "a").then_some(97), 256).unwrap();
        assert_eq!(given, [("a".into(), 97), ("<s>".into(), 256), ("</s>".into(), 257)]);
    }

    #[test]
    fn a_special_token_hides_what_it_holds_and_what_begins_in_it() {
        let added = NFA::new(["<b>", "ab"]).unwrap();
        for (text, is_hiding) in
            [("<b>x", true), ("<s>", false), ("x<", true), ("<", false), ("xa", true), ("a", false), ("xab", true)]
        {
            assert_eq!(hides(&added, text), is_hiding, "{text}");
        }
    }
}
