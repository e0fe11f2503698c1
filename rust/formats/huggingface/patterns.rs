//! Pre-tokenizers as split patterns. `python/minitok/formats/huggingface/patterns.py` writes them, and says what each stands for.

use super::super::pattern_names::{is_name, name_of, one_expression};
use super::super::value::Value;
use super::super::wrong;
use super::fields::{step_type, steps_of};
use super::oniguruma::{engine_difference, with_line_ends, with_repeats, with_words};
use super::tables::set;
use crate::error::Result;
use crate::formats::definition::Fields;
use crate::reference::published::normalize::Step;
use crate::reference::published::patterns::{BYTES, THEN};
use crate::reference::published::regex_tree::{LOOKS, Node, width};
use crate::reference::published::regexes;

/// What pre-tokenizers stand for: a pattern, the words that are left (None: all text), and where a space is put.
#[derive(Debug, Default, PartialEq)]
pub struct Cuts {
    pub pattern: String,
    pub words: Option<String>,
    pub prefix: Option<String>,
}

impl Cuts {
    pub fn into_fields(self, normalizer: Vec<Step>) -> Fields {
        Fields { pattern: self.pattern, normalizer, prefix: self.prefix, words: self.words, ..Fields::default() }
    }
}

/// What a pre-tokenizer cuts by: a pattern, what becomes of a match, and whether the text between takes its part.
struct Rule {
    pattern: String,
    behavior: Value,
    invert: bool,
}

const PRE: &str = "pre_tokenizer";

/// Whether a pattern may match the empty text: the least that it takes is no character.
pub fn matches_nothing(pattern: &str) -> Result<bool> {
    Ok(width(&regexes::parse(pattern)?).0 == 0)
}

/// Whether a pattern matches the empty text and no other: the most that it takes is no character.
fn only_cuts(pattern: &str) -> Result<bool> {
    Ok(width(&regexes::parse(pattern)?).1 == Some(0))
}

/// The rule of a pre-tokenizer that cuts by one and has a type of its own.
fn rule_of(kind: &str, step: &Value) -> Result<Option<Rule>> {
    let rule =
        |pattern: String, behavior: &str, invert| Rule { pattern, behavior: Value::Text(behavior.into()), invert };
    Ok(Some(match kind {
        "Digits" => rule(set("digits"), if step.sets("individual_digits") { "Isolated" } else { "Contiguous" }, false),
        "Punctuation" => {
            let isolated = || Value::Text("Isolated".into());
            let behavior =
                if step.has("behavior") { step.get("behavior").cloned().unwrap_or(Value::Null) } else { isolated() };
            Rule { pattern: set("punctuation"), behavior, invert: false }
        }
        "FixedLength" => rule(format!("[\\s\\S]{{1,{}}}", length_of(step)?), "Isolated", false),
        "Whitespace" => rule(r"\w+|[^\w\s]+".into(), "Removed", true),
        "WhitespaceSplit" => rule(r"\S+".into(), "Removed", true),
        "CharDelimiterSplit" => {
            let delimiter = step.get("delimiter").filter(|delimiter| delimiter.is_set());
            let refused = || wrong("the pre_tokenizer CharDelimiterSplit has a delimiter that is not text");
            let delimiter = delimiter.map_or(Ok(" "), |delimiter| delimiter.text().ok_or_else(refused))?;
            rule(literal(delimiter), "Removed", false)
        }
        _ => return Ok(None),
    }))
}

/// What the pre-tokenizers of bytes stand for, or else those of characters.
pub fn read_pattern(step: Option<&Value>, by_bytes: bool) -> Result<Cuts> {
    if by_bytes && step.is_none() {
        return Err(wrong("no pre_tokenizer: the tokens are characters, not bytes"));
    }
    let (mut patterns, mut cuts, mut of_bytes): (Vec<String>, _, _) = (Vec::new(), Cuts::default(), false);
    for (index, part) in flat_steps(step)?.into_iter().enumerate() {
        let kind = step_type(part, PRE)?;
        if kind == "ByteLevel" {
            if of_bytes {
                return Err(wrong("the pre_tokenizer has ByteLevel twice"));
            }
            of_bytes = true;
            if part.says("add_prefix_space", true) {
                if index > 0 {
                    return Err(wrong("the pre_tokenizer ByteLevel has add_prefix_space after other steps"));
                }
                cuts.prefix = Some("bytes".into());
            }
            if part.says("use_regex", true) {
                patterns.push("gpt2".into());
            }
        } else if let Some((words, further)) = read_words(kind, part)? {
            if index > 0 {
                return Err(wrong(format!("the pre_tokenizer drops text ({kind}) after other steps")));
            }
            cuts.words = Some(words);
            patterns.extend(further);
        } else {
            let cutter = read_cutter(kind, part)?;
            patterns.push(if of_bytes { format!("{BYTES}{cutter}") } else { cutter });
        }
    }
    if by_bytes && !of_bytes {
        return Err(wrong("the pre_tokenizer has no step ByteLevel: the tokens are characters, not bytes"));
    }
    let pattern = patterns.join(THEN);
    cuts.pattern = name_of(if pattern.is_empty() { "none" } else { &pattern });
    Ok(cuts)
}

/// The pre-tokenizers, without sequences within sequences.
pub fn flat_steps(step: Option<&Value>) -> Result<Vec<&Value>> {
    let steps = steps_of(step, PRE, "pretokenizers")?;
    let is_sequence = |step: &Value| step.text_of("type") == Some("Sequence");
    if !step.is_some_and(is_sequence) {
        return Ok(steps);
    }
    let mut flat = Vec::new();
    for part in steps {
        flat.extend(flat_steps(Some(part))?);
    }
    Ok(flat)
}

/// What words are, and how they are cut further, where a pre-tokenizer drops text; None for another.
fn read_words(kind: &str, step: &Value) -> Result<Option<(String, Option<String>)>> {
    if kind == "BertPreTokenizer" {
        return Ok(Some((r"\S+".into(), Some(set("punctuation")))));
    }
    if let Some(Rule { pattern, behavior, invert }) = rule_of(kind, step)?
        && behavior.text() == Some("Removed")
    {
        return Ok(Some((if invert { pattern } else { rest_of(&pattern) }, None)));
    }
    if kind != "Split" || step.text_of("behavior") != Some("Removed") {
        return Ok(None);
    }
    let pattern = read_source(step)?;
    let named = is_name(&pattern);
    if !named && matches_nothing(&pattern)? && !only_cuts(&pattern)? {
        return Err(wrong("the pre_tokenizer Split may match nothing, or more, with the behavior 'Removed'"));
    }
    if step.sets("invert") {
        // Removing what does not match removes nothing where everything matches, as it does for the named patterns.
        return Ok(if named { None } else { Some((pattern, None)) });
    }
    let expression = expression_of(&pattern)?;
    if only_cuts(&expression)? {
        return Ok(None);
    }
    if !takes_characters(&regexes::parse(&expression)?) {
        return Err(wrong("the pre_tokenizer Split removes something other than characters, alone or in a row"));
    }
    Ok(Some((rest_of(&expression), None)))
}

/// Whether what a pattern matches is characters each of which it matches wherever it stands, as `\s+` does. Only then is the text
/// between the matches also that at whose characters no match begins.
fn takes_characters(node: &Node) -> bool {
    match node {
        Node::Set(_) => true,
        Node::Repeat { part, bounds, .. } => bounds.0 == 1 && takes_characters(part),
        Node::Choice(parts) => parts.iter().all(takes_characters),
        Node::Sequence(parts) => matches!(&parts[..], [one] if takes_characters(one)),
        Node::Group { part, mark } => !LOOKS.contains(mark) && takes_characters(part),
        Node::Start | Node::End | Node::Edge { .. } => false,
    }
}

/// The pattern of the text between the matches of another, which takes characters.
fn rest_of(pattern: &str) -> String {
    format!("(?:(?!{pattern})[\\s\\S])+")
}

pub fn read_cutter(kind: &str, step: &Value) -> Result<String> {
    match kind {
        "Split" => read_split(step),
        "Digits" | "Punctuation" | "FixedLength" => match rule_of(kind, step)? {
            Some(Rule { pattern, behavior, invert }) => behaved(&pattern, &behavior, invert),
            None => Err(wrong(format!("the pre_tokenizer has a step {kind}"))),
        },
        _ => Err(wrong(format!("the pre_tokenizer has a step {kind}"))),
    }
}

/// The pattern of a `Split`, by its name if it has one.
fn read_split(step: &Value) -> Result<String> {
    let (pattern, invert) = (read_source(step)?, step.sets("invert"));
    let mut behavior = step.get("behavior").cloned().unwrap_or(Value::Null);
    let is = |behavior: &Value, name: &str| behavior.text() == Some(name);
    if is_name(&pattern) && (is(&behavior, "Isolated") || (is(&behavior, "Removed") && invert)) {
        return Ok(pattern);
    }
    let expression = expression_of(&pattern)?;
    let moves = ["Contiguous", "MergedWithPrevious", "MergedWithNext", "Removed"];
    if moves.iter().any(|name| is(&behavior, name)) && matches_nothing(&expression)? {
        if !only_cuts(&expression)? {
            let shown = behavior.shown();
            return Err(wrong(format!(
                "the pre_tokenizer Split may match nothing, or more, with the behavior {shown}"
            )));
        }
        behavior = Value::Text("Isolated".into());
    }
    behaved(&expression, &behavior, invert)
}

/// What a `Split` looks for: the name of a pattern, or a regular expression.
fn read_source(step: &Value) -> Result<String> {
    let source = step.get("pattern").filter(|source| source.object().is_some());
    if let Some(text) = source.and_then(|source| source.text_of("String")).filter(|text| !text.is_empty()) {
        return Ok(unnamed(literal(text)));
    }
    let Some(pattern) = source.and_then(|source| source.text_of("Regex")) else {
        return Err(wrong("the pre_tokenizer Split has no Regex"));
    };
    let pattern = with_repeats(pattern);
    let named = name_of(&pattern);
    if named != pattern {
        return Ok(named);
    }
    let pattern = with_line_ends(&pattern);
    if let Some(difference) = engine_difference(&pattern) {
        return Err(wrong(format!(
            "the pre_tokenizer Split has {difference}, which other engines interpret differently"
        )));
    }
    Ok(unnamed(with_words(&pattern)))
}

/// A regular expression that is not taken for the name of a pattern.
fn unnamed(expression: String) -> String {
    if expression == "none" || is_name(&expression) { format!("(?:{expression})") } else { expression }
}

fn length_of(step: &Value) -> Result<i64> {
    if !step.has("length") {
        return Ok(5);
    }
    let held = step.get("length");
    let length = if let Some(&Value::Whole(length)) = held { i64::try_from(length).ok() } else { None };
    length.filter(|&length| length >= 1).ok_or_else(|| {
        let shown = held.map_or_else(|| "null".into(), Value::shown);
        wrong(format!("the pre_tokenizer FixedLength has the length {shown}"))
    })
}

fn expression_of(pattern: &str) -> Result<String> {
    if is_name(pattern) { one_expression(pattern, "a behavior of the pre_tokenizer Split") } else { Ok(pattern.into()) }
}

pub fn literal(text: &str) -> String {
    let is_mark = |char: char| char.is_ascii_punctuation() && char != '_';
    text.chars().flat_map(|char| is_mark(char).then_some('\\').into_iter().chain([char])).collect()
}

/// The pattern whose pieces are those of another with a behavior. Inverted, the text between matches takes their part.
fn behaved(pattern: &str, behavior: &Value, invert: bool) -> Result<String> {
    match (behavior.text(), invert) {
        (Some("Isolated"), _) => Ok(pattern.into()),
        (Some("Contiguous"), _) => Ok(format!("(?>{pattern})+")),
        (Some("MergedWithPrevious"), false) | (Some("MergedWithNext"), true) => {
            Ok(format!("(?:(?!{pattern})[\\s\\S])+(?>{pattern})?|(?>{pattern})"))
        }
        (Some("MergedWithNext"), false) | (Some("MergedWithPrevious"), true) => {
            Ok(format!("(?>{pattern})(?:(?!{pattern})[\\s\\S])*"))
        }
        _ => {
            let inverted = if invert { " inverted" } else { "" };
            Err(wrong(format!("the pre_tokenizer Split has the behavior {}{inverted}", behavior.shown())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!((literal("a.b_ "), rest_of("-")), (r"a\.b_ ".into(), r"(?:(?!-)[\s\S])+".into()));
        let next = Value::Text("MergedWithNext".into());
        assert_eq!(behaved("-", &next, false), Ok(r"(?>-)(?:(?!-)[\s\S])*".into()));
        assert!(behaved("-", &Value::Null, true).unwrap_err().to_string().ends_with("the behavior null inverted"));
    }
}
