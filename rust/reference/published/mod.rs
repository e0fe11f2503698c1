//! What published tokenizers do besides.
//!
//! 1. [`unicode`]: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`regex_reader`]: their text -> symbols
//! 4. [`regex_tree`]: symbols -> a tree, and the tree as an engine reads it
//! 5. [`families`]: the patterns of open models, by name
//! 6. [`names`]: what names of patterns, encodings and models mean
//! 7. [`packed_vocab`]: the vocabularies inside the package -> ids and merges
//! 8. [`ranks`]: merges from ranks and from scores
//! 9. [`byte_chars`]: bytes as characters, for patterns that cut these
//! 10. [`characters`]: vocabularies of characters, with byte fallback or an unknown token
//! 11. [`metaspace`]: the space as a marker, and the space before a text
//! 12. [`normal_forms`]: the normal forms of Unicode
//! 13. [`normalize`]: what is done to a text before it is cut
//! 14. [`words`]: pieces of words, where the text between words is dropped
//! 15. [`flags`]: what tokens that are found in text take of the text around them
//! 16. [`preprocess`]: text -> segments, by all of these steps
//! 17. [`markers`]: which tokens are control tokens

pub mod byte_chars;
pub mod characters;
pub mod families;
pub mod flags;
pub mod markers;
pub mod metaspace;
pub mod names;
pub mod normal_forms;
pub mod normalize;
pub mod packed_vocab;
pub mod preprocess;
pub mod ranks;
pub mod regex_reader;
pub mod regex_tree;
pub mod regexes;
pub mod unicode;
pub mod words;
