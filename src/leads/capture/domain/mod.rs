//! The rules of forms: what may be asked, from where answers come, and what they mean.

mod answers;
mod origin;
mod questions;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use answers::{Answers, Filled, fill_in, is_spam};
pub use origin::Origin;
pub use questions::{AskedField, Input, Question, questions, refused_fields};

use crate::kernel::Language;

/// How the server takes answers.
#[derive(Debug, Clone)]
pub struct CaptureSettings {
    /// How the outside reaches the server.
    pub public_url: String,
    /// Answers a minute from one address.
    pub per_address: u32,
    /// Answers a minute to one form.
    pub per_form: u32,
}

/// What an answer does when its e-mail or phone belongs to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateRule {
    /// It is noted on the lead, with the consent and how they came this time.
    #[default]
    Note,
    /// It is noted, and what was filled in replaces what was known.
    Update,
}

impl DuplicateRule {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Update => "update",
        }
    }

    /// The rule of that name.
    pub fn parse(name: &str) -> Self {
        if name == "update" { Self::Update } else { Self::Note }
    }
}

/// The language that a form speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FormLanguage {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl FormLanguage {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language of that name.
    pub fn parse(name: &str) -> Self {
        if name == "en" { Self::En } else { Self::Es }
    }

    /// The language of messages.
    pub fn language(self) -> Language {
        match self {
            Self::En => Language::English,
            Self::Es => Language::Spanish,
        }
    }
}

impl From<Language> for FormLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::En,
            Language::Spanish => Self::Es,
        }
    }
}

/// What became of an answer, for the form's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A new lead.
    Created,
    /// A lead that was there.
    Duplicate,
    /// It was not valid, without consent, or from a page that is not the form's.
    Refused,
    /// A program sent it.
    Spam,
}
