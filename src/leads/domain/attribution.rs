//! How a lead found us, and what they agreed to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Invalid, Line, Prose};
use crate::platform::http::Fields;

/// How a lead found us: UTM parameters and the click ids of ad networks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "source": "facebook", "medium": "cpc", "campaign": "otoño-2026", "fbclid": "IwAR0…" }))]
pub struct Touch {
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gclid: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fbclid: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msclkid: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttclid: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing_page: Option<String>,
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The form that they filled in.
    #[schema(max_length = 500)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

impl Touch {
    /// Its parts with their names.
    pub fn parts(&self) -> [(&'static str, &Option<String>); 12] {
        [
            ("source", &self.source),
            ("medium", &self.medium),
            ("campaign", &self.campaign),
            ("term", &self.term),
            ("content", &self.content),
            ("gclid", &self.gclid),
            ("fbclid", &self.fbclid),
            ("msclkid", &self.msclkid),
            ("ttclid", &self.ttclid),
            ("landing_page", &self.landing_page),
            ("referrer", &self.referrer),
            ("form", &self.form),
        ]
    }
}

impl Touch {
    /// The touch, if its parts are short enough to keep.
    pub fn parse(self, fields: &mut Fields) -> Option<Self> {
        let mut whole = true;
        for (name, part) in self.parts() {
            let Some(part) = part else { continue };
            whole &= fields.take(&format!("/utm/{name}"), Line::<500>::parse(part)).is_some();
        }
        whole.then_some(self)
    }
}

/// What a person agreed to, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "status": "granted", "text": "Acepto recibir información", "version": "2026-01", "at": "2026-11-22T18:00:00Z"
}))]
pub struct Consent {
    /// Given or taken back.
    pub status: ConsentStatus,
    /// The sentence that they agreed to.
    #[schema(max_length = 2000)]
    pub text: Option<String>,
    /// The version of that sentence.
    #[schema(max_length = 50)]
    pub version: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// From which address of the internet, when a form took it.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
}

/// Whether somebody agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConsentStatus {
    Granted,
    Withdrawn,
}

impl Consent {
    /// The consent, if its evidence is short enough to keep.
    pub fn parse(self) -> Result<Self, Invalid> {
        self.text.as_deref().map(Prose::<2000>::parse).transpose()?;
        self.version.as_deref().map(Line::<50>::parse).transpose()?;
        self.ip.as_deref().map(Line::<50>::parse).transpose()?;
        Ok(self)
    }
}
