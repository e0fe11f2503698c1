//! What published tokenizers do besides byte-pair encoding.
//!
//! 1. [`unicode`]: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`regex_reader`]: their text -> symbols
//! 4. [`regex_tree`]: symbols -> a tree, and the tree as an engine reads it
//! 5. [`families`]: the patterns of open models, by name
//! 6. [`byte_chars`]: bytes as characters, for patterns that cut these
//! 7. [`patterns`]: split patterns by name, in turn, over bytes, and within limits
//! 8. [`names`]: what names of patterns, encodings and models mean
//! 9. [`ranks`]: merges from ranks and from scores
//! 10. [`characters`]: characters and symbols, which pieces may begin as
//! 11. [`metaspace`]: the space as a marker, and the space before a text
//! 12. [`vocabs`]: vocabularies of ranks, of scores and of characters
//! 13. [`packed_vocab`]: the vocabularies inside the package -> ids and merges
//! 14. [`normal_forms`]: the normal forms of Unicode
//! 15. [`normalize`]: what is done to a text before it is cut
//! 16. [`words`]: pieces of words, where the text between words is dropped
//! 17. [`flags`]: what tokens that are found in text take of the text around them
//! 18. [`found_tokens`]: special, added and late tokens, and trusted stretches
//! 19. [`preprocess`]: text -> segments, by all of these steps
//! 20. [`streams`]: ids -> text, where tokens are joined by rules, up to a stop string
//! 21. [`codecs`]: all of it put together
//! 22. [`markers`]: which tokens are control tokens

pub mod byte_chars;
pub mod characters;
pub mod codecs;
pub mod families;
pub mod flags;
pub mod found_tokens;
pub mod markers;
pub mod metaspace;
pub mod names;
pub mod normal_forms;
pub mod normalize;
pub mod packed_vocab;
pub mod patterns;
pub mod preprocess;
pub mod ranks;
pub mod regex_reader;
pub mod regex_tree;
pub mod regexes;
pub mod streams;
pub mod unicode;
pub mod vocabs;
pub mod words;
