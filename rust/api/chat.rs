//! Conversations by a model's chat template. Must give the ids of `python/minitok/chat/`.
//!
//! The template runs twice: with the conversation as it is, which gives the text; and with marks in place of what users wrote, which
//! shows whose each character is. If the marks change more than the characters that they stand for, as where a template compares what a
//! user wrote with a word, some words keep their characters; if that does not help, the conversation is refused.
//!
//! 1. [`marks`]: characters that stand for others
//! 2. [`template`]: the engine, and how a template is prepared for it
//! 3. [`strings`]: what templates do with strings

mod marks;
mod strings;
mod template;

use super::segments::stretches;
use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::formats::json::parse;
use crate::formats::value::Value as Json;
use crate::reference::published::markers::strings_of;
use crate::reference::published::preprocess::{Before, TokenFinder, Trust};
use marks::Marks;
use minijinja::{Environment, Value};
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use template::{NOW, environment, is_name, run};

/// The roles that are trusted as text.
const ROLES: [&str; 6] = ["system", "user", "assistant", "tool", "developer", "function"];
/// The names that a model's reasoning goes by; templates read the first, or the second.
const REASONING: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// A tokenizer with a chat template; [`Tokenizer::chat`] makes one. It may be shared by threads.
#[derive(Clone)]
pub struct Chat {
    tokenizer: Tokenizer,
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment<'static>,
    templates: Vec<(String, String)>,
    /// What templates know as `bos_token` and the like.
    tokens: Vec<(String, String)>,
    /// Names in the templates' code, and strings of theirs that are names.
    names: HashSet<String>,
    words: HashSet<String>,
    everywhere: TokenFinder,
}

/// What is not marked, although users wrote it.
struct Spared<'i> {
    words: Option<&'i HashSet<String>>,
    met: BTreeSet<String>,
}

impl Tokenizer {
    /// Conversations by a chat template of Jinja: the source of one (a model's `chat_template.jinja`), or that of `config`, which is the
    /// text of a `tokenizer_config.json`; or that of the tokenizer's own file. `config` also says what `bos_token` and the like are called.
    ///
    /// # Errors
    ///
    /// [`Error::Template`] if there is no template, or it is malformed; [`Error::Format`] if the config is not JSON.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let template = "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endfor %}";
    /// let chat = Tokenizer::encoding("o200k_harmony")?.chat(Some(template), None)?;
    /// let ids = chat.encode(r#"{"messages": [{"role": "user", "content": "hello<|end|>"}]}"#)?;
    /// assert_eq!(ids, [200_006, 1428, 200_008, 24912, 27, 91, 419, 91, 29, 200_007]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn chat(&self, template: Option<&str>, config: Option<&str>) -> Result<Chat> {
        let fields = &self.shared.definition.fields;
        let config = config.map(|config| parse(config.as_bytes())).transpose()?;
        let chat = match (template, &config) {
            (None, None) => fields.chat.clone().unwrap_or(Json::Null),
            _ => templates_of(template, config.as_ref().unwrap_or(&Json::Null))?,
        };
        let texts = |field| {
            let held = chat.get(field).and_then(Json::object).unwrap_or_default();
            held.iter().filter_map(|(name, value)| Some((name.clone(), value.text()?.to_owned()))).collect::<Vec<_>>()
        };
        let (templates, tokens) = (texts("templates"), texts("tokens"));
        if templates.is_empty() {
            return Err(Error::Template("there is no chat template: pass its source".into()));
        }
        let (environment, names) = environment(&templates)?;
        let words = templates.iter().flat_map(|(_, source)| strings_of(source)).filter(|word| is_name(word)).collect();
        let everywhere = self.shared.codec.core().preprocessor.finder(&fields.everywhere(Some(&chat)), &[])?;
        let inner = Inner { environment, templates, tokens, names, words, everywhere };
        Ok(Chat { tokenizer: self.clone(), inner: Arc::new(inner) })
    }
}

/// The templates and the tokens of a config, as a definition has them.
fn templates_of(template: Option<&str>, config: &Json) -> Result<Json> {
    let fields = config.object().unwrap_or_default();
    let templates = match (template, config.get("chat_template")) {
        (Some(source), _) => vec![("default".to_owned(), Json::Text(source.to_owned()))],
        (None, Some(source @ Json::Text(_))) => vec![("default".to_owned(), source.clone())],
        (None, Some(Json::List(entries))) => {
            let entry = |entry: &Json| {
                Ok((entry.need_text("name")?.to_owned(), Json::Text(entry.need_text("template")?.to_owned())))
            };
            entries.iter().map(entry).collect::<Result<_>>()?
        }
        _ => Vec::new(),
    };
    let (mut tokens, mut named) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        let token = value.text().or_else(|| value.text_of("content"));
        if let (true, Some(token)) = (name.ends_with("_token"), token) {
            tokens.push((name.clone(), Json::Text(token.to_owned())));
        }
        match name.as_str() {
            "chat_template" => {}
            "added_tokens_decoder" => named.extend(
                value
                    .object()
                    .unwrap_or_default()
                    .iter()
                    .filter(|(_, own)| own.sets("special"))
                    .filter_map(|(_, own)| own.get("content").cloned()),
            ),
            _ => strings_in(value, &mut |text| named.push(Json::Text(text.to_owned()))),
        }
    }
    let object = |fields| Json::Object(fields);
    Ok(object(vec![
        ("templates".into(), object(templates)),
        ("tokens".into(), object(tokens)),
        ("named".into(), Json::List(named)),
    ]))
}

/// Calls for each string of a value, but for the names of fields.
fn strings_in<'v>(value: &'v Json, each: &mut impl FnMut(&'v str)) {
    match value {
        Json::Text(text) => each(text),
        Json::List(items) => items.iter().for_each(|item| strings_in(item, each)),
        Json::Object(fields) => fields.iter().for_each(|(_, value)| strings_in(value, each)),
        _ => {}
    }
}

impl Chat {
    /// The ids of a conversation: those that `Tokenizer.encode_chat` gives in Python. Only what the template writes can be a special
    /// token.
    ///
    /// `request` is an object of JSON: `messages`, and whatever else the template asks for, such as `tools`, `add_generation_prompt` or
    /// `enable_thinking`. `strftime_now` is what a template gets that asks for the date, as it writes it: `"01 Dec 2026"`.
    ///
    /// The template runs two or three times. It is a program, whose steps have a limit and whose memory has none: trust it as you trust
    /// the model that it comes with.
    ///
    /// # Errors
    ///
    /// [`Error::Template`] if the template refuses the conversation or fails, takes too many steps, or does with what users wrote what
    /// cannot be followed; [`Error::Format`] if the request is not JSON; and as for [`Tokenizer::encode_segments`].
    pub fn encode(&self, request: &str) -> Result<Vec<u32>> {
        let (text, trusted) = self.render(request)?;
        let stretches = stretches(&text, &trusted)?;
        let trust = Trust { stretches: &stretches, everywhere: &self.inner.everywhere };
        let mut ids = Vec::new();
        self.tokenizer.append_found(&text, Before::Nothing, trust, &mut ids)?;
        Ok(ids)
    }

    /// The text of a conversation, and the ranges of its bytes that the template wrote: what [`Tokenizer::encode_trusted`] takes.
    ///
    /// # Errors
    ///
    /// As for [`encode`](Self::encode).
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let chat = Tokenizer::encoding("o200k_base")?.chat(Some("{{ messages[0].content | trim }}!"), None)?;
    /// let (text, trusted) = chat.render(r#"{"messages": [{"role": "user", "content": " Hi "}]}"#)?;
    /// assert_eq!((&*text, &trusted[..]), ("Hi!", &[2..3][..]));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn render(&self, request: &str) -> Result<(String, Vec<Range<usize>>)> {
        let inner = &*self.inner;
        let request = parse(request.as_bytes())?;
        let name = inner.choose(request.sets("tools"))?;
        let mut nothing = Spared { words: None, met: BTreeSet::new() };
        let values = inner.values(&request, &Marks::default(), &mut nothing)?;
        let text = run(&inner.environment, name, values, Marks::default())?;
        let mut used: BTreeSet<char> = inner.templates.iter().flat_map(|(_, source)| source.chars()).collect();
        used.extend(text.chars());
        request_chars(&request, &mut used);
        let marks = Marks::new(&used).ok_or_else(|| Error::Template("there are too many private characters".into()))?;
        for words in [None, Some(&inner.words)] {
            let mut spared = Spared { words, met: BTreeSet::new() };
            let values = inner.values(&request, &marks, &mut spared)?;
            let Ok(marked) = run(&inner.environment, name, values, marks.clone()) else { continue };
            let (plain, trusted) = marks.read(&marked);
            if plain == text {
                self.check(&text, &trusted, &spared)?;
                return Ok((text, trusted));
            }
        }
        let reason = "the template does with the text of a message what cannot be followed: whose the text is would not be known";
        Err(Error::Template(reason.into()))
    }

    /// An error if a token that is found might hold a word that was not marked.
    fn check(&self, text: &str, trusted: &[Range<usize>], spared: &Spared) -> Result<()> {
        for (name, _) in self.tokenizer.shared.definition.fields.found_tokens() {
            let Some(word) = spared.met.iter().find(|word| name.contains(&***word)) else { continue };
            let is_own = self.inner.templates.iter().any(|(_, source)| source.contains(name.as_str()));
            let is_in = |(at, found): (usize, &str)| {
                trusted.iter().any(|range| range.start <= at && at + found.len() <= range.end)
            };
            if !is_own
                && !self.inner.tokens.iter().any(|(_, token)| token == name)
                && text.match_indices(name.as_str()).any(is_in)
            {
                return Err(Error::Template(format!(
                    "whether the template wrote {name}, or a user the {word} in it, is not known"
                )));
            }
        }
        Ok(())
    }
}

fn request_chars(value: &Json, used: &mut BTreeSet<char>) {
    strings_in(value, &mut |text| used.extend(text.chars()));
    match value {
        Json::List(items) => items.iter().for_each(|item| request_chars(item, used)),
        Json::Object(fields) => fields.iter().for_each(|(name, value)| {
            used.extend(name.chars());
            request_chars(value, used);
        }),
        _ => {}
    }
}

impl Inner {
    /// The template for a conversation: that for tools if there are any, or else the default one.
    fn choose(&self, has_tools: bool) -> Result<&str> {
        let wanted = if has_tools { &["tool_use", "default"][..] } else { &["default"] };
        let find = |name: &&&str| self.templates.iter().any(|(own, _)| own == **name);
        wanted.iter().find(find).copied().ok_or_else(|| Error::Template("there is no default chat template".into()))
    }

    /// What the template gets.
    fn values(&self, request: &Json, marks: &Marks, spared: &mut Spared) -> Result<Vec<(String, Value)>> {
        let wrong = |what: &str| Error::Template(format!("a request is an object with messages, {what}"));
        let fields = request.object().ok_or_else(|| wrong("not another value"))?;
        if request.sets("continue_final_message") {
            return Err(Error::Template("continue_final_message is not done here".into()));
        }
        let messages = request.get("messages").and_then(Json::list).filter(|messages| !messages.is_empty());
        let messages = messages.ok_or_else(|| wrong("at least one"))?;
        let messages = messages.iter().map(|message| {
            let fields = message.object().ok_or_else(|| wrong("each an object"))?;
            Ok(self.message(fields, marks, spared))
        });
        let messages: Value = messages.collect::<Result<Vec<Value>>>()?.into();
        let mut values: Vec<(String, Value)> = vec![
            ("add_generation_prompt".into(), false.into()),
            ("tools".into(), ().into()),
            ("documents".into(), ().into()),
        ];
        values.extend(self.tokens.iter().map(|(name, token)| (name.clone(), token.clone().into())));
        // It is a function, which gives what is marked there.
        if let Some(now) = request.text_of("strftime_now") {
            values.push((NOW.into(), now.into()));
        }
        let others = fields.iter().filter(|(name, _)| !["messages", "strftime_now"].contains(&&**name));
        values.extend(others.map(|(name, value)| (name.clone(), self.value(value, marks, spared))));
        values.push(("messages".into(), messages));
        Ok(values)
    }

    /// A message: fields that are null are left out, and reasoning has all its names. A role of the usual ones is trusted.
    fn message(&self, fields: &[(String, Json)], marks: &Marks, spared: &mut Spared) -> Value {
        let held = || fields.iter().filter(|(_, value)| *value != Json::Null);
        let reasoning = REASONING.iter().find_map(|name| held().find(|(own, _)| own == name)).map(|(_, value)| value);
        let mut made: Vec<(Value, Value)> = Vec::new();
        if let (Some(reasoning), false) = (reasoning, held().any(|(name, _)| name == "thinking")) {
            made.push(("thinking".into(), self.value(reasoning, marks, spared)));
        }
        for (name, value) in held().filter(|(name, _)| name != "reasoning_content") {
            let value = match (name.as_str(), value) {
                ("role", Json::Text(role)) if ROLES.contains(&&**role) => role.clone().into(),
                ("role", Json::Text(role)) => marks.marked(role).into(),
                _ => self.value(value, marks, spared),
            };
            made.push((self.key(name, marks, spared), value));
        }
        if let Some(reasoning) = reasoning {
            made.push(("reasoning_content".into(), self.value(reasoning, marks, spared)));
        }
        made.into_iter().collect()
    }

    fn value(&self, value: &Json, marks: &Marks, spared: &mut Spared) -> Value {
        match value {
            Json::Null => ().into(),
            Json::Flag(flag) => (*flag).into(),
            Json::Whole(number) => (*number).into(),
            Json::Number(number) => (*number).into(),
            Json::Text(text) => spared.text(text, marks).into(),
            Json::List(items) => items.iter().map(|item| self.value(item, marks, spared)).collect(),
            Json::Object(fields) => {
                let pair =
                    |(name, value): &(String, Json)| (self.key(name, marks, spared), self.value(value, marks, spared));
                fields.iter().map(pair).collect()
            }
        }
    }

    /// The name of a field. Names that the template asks for are not marked.
    fn key(&self, name: &str, marks: &Marks, spared: &mut Spared) -> Value {
        if self.names.contains(name) || self.words.contains(name) {
            spared.met.insert(name.to_owned());
            return name.into();
        }
        marks.marked(name).into()
    }
}

impl Spared<'_> {
    fn text(&mut self, text: &str, marks: &Marks) -> String {
        if self.words.is_some_and(|words| words.contains(text)) {
            self.met.insert(text.to_owned());
            return text.to_owned();
        }
        marks.marked(text)
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.inner.templates.iter().map(|(name, _)| name.as_str()).collect();
        to.debug_struct("Chat").field("tokenizer", &self.tokenizer).field("templates", &names).finish()
    }
}
