//! Sentences for people, in the two languages of the product.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A sentence for people, in English and in Spanish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The English sentence.
    pub en: Cow<'static, str>,
    /// The Spanish sentence.
    pub es: Cow<'static, str>,
}

impl Message {
    /// A fixed sentence.
    pub const fn new(en: &'static str, es: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), es: Cow::Borrowed(es) }
    }

    /// A sentence with values in it.
    pub fn formatted(en: String, es: String) -> Self {
        Self { en: Cow::Owned(en), es: Cow::Owned(es) }
    }

    /// The sentence in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Spanish => &self.es,
        }
    }
}

/// A language that the product speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `es`
    Spanish,
}

/// Why a value was refused by the type that parses it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct Invalid(pub Message);

impl Invalid {
    /// A refusal with a fixed reason.
    pub const fn new(en: &'static str, es: &'static str) -> Self {
        Self(Message::new(en, es))
    }

    /// A refusal whose reason names values.
    pub fn formatted(en: String, es: String) -> Self {
        Self(Message::formatted(en, es))
    }
}
