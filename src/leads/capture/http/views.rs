//! Forms as clients write and see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{Line, Prose, WebUrl};
use crate::leads::capture::domain::{CaptureSettings, DuplicateRule, FormLanguage};
use crate::leads::capture::service::Form;
use crate::leads::capture::store::ResultRow;
use crate::platform::auth::UserId;
use crate::platform::http::Patch;

/// A field that a form asks for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "email", "label": "Correo", "required": true }))]
pub struct FormField {
    /// `contact_name`, `company_name`, `email`, `phone`, `website`, `industry`, `employee_count`, `notes`, or `field.<key>`
    /// of a custom field.
    #[schema(max_length = 70)]
    pub name: String,
    /// What people see; the usual words when not said.
    #[serde(default)]
    #[schema(value_type = Option<Line<100>>)]
    pub label: Option<String>,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: bool,
}

/// What people are asked to agree to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "Acepto el aviso de privacidad", "required": true }))]
pub struct FormConsentRequest {
    /// The sentence. Another one is a new version.
    #[schema(value_type = Prose<2000>)]
    pub text: String,
    /// Whether nothing is taken without it; true when not said.
    pub required: Option<bool>,
}

/// A form to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Contacto",
    "fields": [{ "name": "contact_name", "required": true }, { "name": "email", "required": true }, { "name": "notes" }],
    "origins": ["https://www.empresa.mx"], "consent": { "text": "Acepto el aviso de privacidad" },
    "thanks_url": "https://www.empresa.mx/gracias", "source": "sitio", "tags": ["web"]
}))]
pub struct FormRequest {
    /// What it is called.
    #[schema(value_type = Line<100>)]
    pub name: String,
    /// The language that it speaks; the company's when not said.
    pub language: Option<FormLanguage>,
    /// What it asks for; `email` or `phone` must be among it.
    #[schema(min_items = 1, max_items = 30)]
    pub fields: Vec<FormField>,
    /// From which pages answers may come: scheme, host and port. Without any, from no page.
    #[schema(max_items = 20)]
    pub origins: Option<Vec<String>>,
    /// What people are asked to agree to.
    pub consent: Option<FormConsentRequest>,
    /// Where people are sent afterwards.
    #[schema(value_type = Option<WebUrl>)]
    pub thanks_url: Option<String>,
    /// What people are told afterwards.
    #[schema(value_type = Option<Line<500>>)]
    pub thanks_text: Option<String>,
    /// The source of its leads; `website` when not said.
    #[schema(value_type = Option<Line<100>>)]
    pub source: Option<String>,
    /// The tags of its leads.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50)]
    pub tags: Option<Vec<String>>,
    /// What happens to somebody who is a lead already; `note` when not said.
    pub on_duplicate: Option<DuplicateRule>,
    /// Who gets its leads; whoever the assignment rules say when not said.
    pub owner_id: Option<UserId>,
    /// Whether it takes answers; it does when not said.
    pub active: Option<bool>,
}

/// What changes in a form: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "consent": { "text": "Acepto el nuevo aviso de privacidad" }, "active": true }))]
pub struct FormPatch {
    /// What it is called.
    #[schema(value_type = Option<Line<100>>, nullable = false)]
    #[serde(default)]
    pub name: Option<String>,
    /// The language that it speaks.
    #[schema(nullable = false)]
    #[serde(default)]
    pub language: Option<FormLanguage>,
    /// What it asks for: all of it.
    #[schema(min_items = 1, max_items = 30, nullable = false)]
    #[serde(default)]
    pub fields: Option<Vec<FormField>>,
    /// From which pages answers may come: all of them.
    #[schema(max_items = 20, nullable = false)]
    #[serde(default)]
    pub origins: Option<Vec<String>>,
    /// What people are asked to agree to; null to ask no more.
    #[schema(value_type = Option<FormConsentRequest>)]
    #[serde(default)]
    pub consent: Patch<FormConsentRequest>,
    /// Where people are sent afterwards.
    #[schema(value_type = Option<WebUrl>)]
    #[serde(default)]
    pub thanks_url: Patch<String>,
    /// What people are told afterwards.
    #[schema(value_type = Option<Line<500>>)]
    #[serde(default)]
    pub thanks_text: Patch<String>,
    /// The source of its leads.
    #[schema(value_type = Option<Line<100>>, nullable = false)]
    #[serde(default)]
    pub source: Option<String>,
    /// The tags of its leads: all of them.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50, nullable = false)]
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// What happens to somebody who is a lead already.
    #[schema(nullable = false)]
    #[serde(default)]
    pub on_duplicate: Option<DuplicateRule>,
    /// Who gets its leads; null for whoever the assignment rules say.
    #[schema(value_type = Option<UserId>)]
    #[serde(default)]
    pub owner_id: Patch<UserId>,
    /// Whether it takes answers.
    #[schema(nullable = false)]
    #[serde(default)]
    pub active: Option<bool>,
}

/// What people are asked to agree to, in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormConsentView {
    /// The sentence.
    pub text: String,
    /// Its version, which is kept with each lead.
    pub version: String,
    /// Whether nothing is taken without it.
    pub required: bool,
}

/// A form for web pages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51", "name": "Contacto", "form_key": "nQ4vX0cC8mZb2TqV5uWxYg", "language": "es",
    "fields": [{ "name": "email", "label": null, "required": true }], "origins": ["https://www.empresa.mx"],
    "consent": { "text": "Acepto el aviso de privacidad", "version": "1", "required": true },
    "thanks_url": "https://www.empresa.mx/gracias", "thanks_text": null, "source": "sitio", "tags": ["web"],
    "on_duplicate": "note", "owner_id": null, "active": true,
    "html": "<div data-cauce-form=\"nQ4vX0cC8mZb2TqV5uWxYg\"></div>", "version": 1,
    "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct FormView {
    /// The form's identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The key in its address; everybody sees it in the page.
    pub form_key: String,
    /// The language that it speaks.
    #[schema(value_type = FormLanguage)]
    pub language: String,
    /// What it asks for.
    pub fields: Vec<FormField>,
    /// From which pages answers may come.
    pub origins: Vec<String>,
    /// What people are asked to agree to; null for nothing.
    #[schema(required)]
    pub consent: Option<FormConsentView>,
    /// Where people are sent afterwards.
    #[schema(required)]
    pub thanks_url: Option<String>,
    /// What people are told afterwards.
    #[schema(required)]
    pub thanks_text: Option<String>,
    /// The source of its leads.
    pub source: String,
    /// The tags of its leads.
    pub tags: Vec<String>,
    /// What happens to somebody who is a lead already.
    #[schema(value_type = DuplicateRule)]
    pub on_duplicate: String,
    /// Who gets its leads; null for whoever the assignment rules say.
    #[schema(required)]
    pub owner_id: Option<Uuid>,
    /// Whether it takes answers.
    pub active: bool,
    /// What to paste into a page.
    pub html: String,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What came of the answers to a form.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({ "submissions": 14, "created": 9, "duplicates": 2, "refused": 2, "spam": 1 }))]
pub struct FormCounts {
    /// Answers that came.
    pub submissions: i64,
    /// New leads.
    pub created: i64,
    /// Answers of people who were leads already.
    pub duplicates: i64,
    /// Answers that were not valid, without consent, or from a page that is not the form's.
    pub refused: i64,
    /// Answers that a program sent.
    pub spam: i64,
}

/// What came of the answers of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormDay {
    /// The day (UTC).
    pub day: NaiveDate,
    /// What came.
    #[serde(flatten)]
    pub counts: FormCounts,
}

/// What came of a form's answers between two days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-11-01", "to": "2026-11-30",
    "total": { "submissions": 14, "created": 9, "duplicates": 2, "refused": 2, "spam": 1 },
    "days": [{ "day": "2026-11-22", "submissions": 14, "created": 9, "duplicates": 2, "refused": 2, "spam": 1 }]
}))]
pub struct FormResultsView {
    /// The first day (UTC).
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// All days together.
    pub total: FormCounts,
    /// The days on which answers came.
    pub days: Vec<FormDay>,
}

impl FormCounts {
    fn of(row: &ResultRow) -> Self {
        let [created, duplicates, refused, spam] =
            [row.created, row.duplicates, row.refused, row.spam].map(i64::from);
        Self { submissions: created + duplicates + refused + spam, created, duplicates, refused, spam }
    }
}

impl FormResultsView {
    /// The results of `rows`.
    pub fn of(rows: &[ResultRow], from: NaiveDate, to: NaiveDate) -> Self {
        let mut total = FormCounts::default();
        let mut days = Vec::new();
        for row in rows {
            let counts = FormCounts::of(row);
            total.submissions += counts.submissions;
            total.created += counts.created;
            total.duplicates += counts.duplicates;
            total.refused += counts.refused;
            total.spam += counts.spam;
            days.push(FormDay { day: row.day, counts });
        }
        Self { from, to, total, days }
    }
}

impl FormView {
    /// The form as clients of the server with `settings` see it.
    pub fn of(form: Form, settings: &CaptureSettings) -> Self {
        let Form { row, consent } = form;
        let fields = row.asked().into_iter();
        let fields = fields
            .map(|field| FormField { name: field.name, label: field.label, required: field.required })
            .collect();
        let key = &row.form_key;
        let html = format!(
            "<div data-cauce-form=\"{key}\"></div>\n<script async src=\"{}/api/v1/capture/{key}/form.js\"></script>",
            settings.public_url
        );
        let required = row.consent_is_required;
        let consent = consent.map(|consent| FormConsentView {
            text: consent.text,
            version: consent.number.to_string(),
            required,
        });
        Self {
            id: row.id,
            name: row.name,
            form_key: row.form_key,
            language: row.language,
            fields,
            origins: row.origins,
            consent,
            thanks_url: row.thanks_url,
            thanks_text: row.thanks_text,
            source: row.source,
            tags: row.tags,
            on_duplicate: row.on_duplicate,
            owner_id: row.owner_id,
            active: row.is_active,
            html,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
