//! Leads as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{Currency, EmailAddress, Money, Phone, WebUrl};
use crate::leads::domain::{ActivityKind, Consent, ScoreReason, Status, Touch};
use crate::leads::store::{ActivityRow, ContactRow, Row};
use crate::platform::db::RawJson;

/// A lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(lead_example()))]
pub struct LeadView {
    /// The lead's identifier.
    pub id: Uuid,
    /// The company.
    #[schema(max_length = 255)]
    pub company_name: String,
    /// The person to speak to.
    #[schema(required)]
    pub contact_name: Option<String>,
    /// Their e-mail address.
    #[schema(required, value_type = Option<EmailAddress>)]
    pub email: Option<String>,
    /// Their phone in E.164.
    #[schema(required, value_type = Option<Phone>)]
    pub phone: Option<String>,
    /// The company's web site.
    #[schema(required, value_type = Option<WebUrl>)]
    pub website: Option<String>,
    /// What the company does.
    #[schema(required)]
    pub industry: Option<String>,
    /// How many people work there.
    #[schema(required)]
    pub employee_count: Option<i32>,
    /// What it sells in a year.
    #[schema(required)]
    pub annual_revenue: Option<Money>,
    /// Where it stands.
    #[schema(value_type = Status)]
    pub status: String,
    /// Why it was given up.
    #[schema(required)]
    pub disqualify_reason: Option<String>,
    /// 0 to 100; `/score` tells the reasons.
    pub score: i32,
    /// Where it came from.
    pub source: String,
    /// The user who works on it.
    #[schema(required)]
    pub owner_id: Option<Uuid>,
    /// Labels.
    pub tags: Vec<String>,
    /// Free text.
    #[schema(required)]
    pub notes: Option<String>,
    /// What the tenant keeps beside.
    #[schema(value_type = Object)]
    pub custom_fields: RawJson,
    /// How it found us last.
    #[schema(required, value_type = Option<Touch>)]
    pub utm: Option<RawJson>,
    /// How it found us first.
    #[schema(required, value_type = Option<Touch>)]
    pub first_touch: Option<RawJson>,
    /// What the person agreed to.
    #[schema(required, value_type = Option<Consent>)]
    pub consent: Option<RawJson>,
    /// The import that brought it.
    #[schema(required)]
    pub import_id: Option<Uuid>,
    /// Counts the changes that people made; also the `ETag`.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When something was last done about it.
    #[schema(required)]
    pub last_activity_at: Option<DateTime<Utc>>,
    /// When to call again.
    #[schema(required)]
    pub next_follow_up_at: Option<DateTime<Utc>>,
    /// What about.
    #[schema(required)]
    pub follow_up_note: Option<String>,
    /// When it was marked as forgotten; null while it is not.
    #[schema(required)]
    pub forgotten_at: Option<DateTime<Utc>>,
}

/// An example of a lead.
pub fn lead_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11",
        "company_name": "Sastrería Nájera", "contact_name": "Inés Nájera",
        "email": "ines@sastrerianajera.mx", "phone": "+529711609009", "website": null,
        "industry": "Confección", "employee_count": 5,
        "annual_revenue": { "amount": "1234.56", "currency": "MXN" },
        "status": "new", "disqualify_reason": null, "score": 50, "source": "website", "owner_id": null,
        "tags": ["istmo"], "notes": null, "custom_fields": { "localidad": "Salina Cruz" },
        "utm": { "source": "facebook", "campaign": "otoño-2026" },
        "first_touch": { "source": "facebook", "campaign": "otoño-2026" },
        "consent": null, "import_id": null, "version": 1,
        "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z",
        "last_activity_at": null, "next_follow_up_at": null, "follow_up_note": null, "forgotten_at": null
    })
}

impl From<Row> for LeadView {
    fn from(row: Row) -> Self {
        let money =
            |minor, currency: &str| Currency::parse(currency).ok().map(|c| Money::from_minor(minor, c));
        Self {
            id: row.id,
            company_name: row.company_name,
            contact_name: row.contact_name,
            email: row.email,
            phone: row.phone,
            website: row.website,
            industry: row.industry,
            employee_count: row.employee_count,
            annual_revenue: row
                .annual_revenue_minor
                .zip(row.annual_revenue_currency.as_deref())
                .and_then(|(minor, currency)| money(minor, currency)),
            status: row.status,
            disqualify_reason: row.disqualify_reason,
            score: row.score,
            source: row.source,
            owner_id: row.owner_id,
            tags: row.tags,
            notes: row.notes,
            custom_fields: row.custom_fields,
            utm: row.last_touch,
            first_touch: row.first_touch,
            consent: row.consent,
            import_id: row.import_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_activity_at: row.last_activity_at,
            next_follow_up_at: row.next_follow_up_at,
            follow_up_note: row.follow_up_note,
            forgotten_at: row.forgotten_at,
        }
    }
}

/// A person of a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "name": "Inés Nájera", "role": "Compras",
    "email": "ines@sastrerianajera.mx", "phone": "+529711609009", "created_at": "2026-11-22T18:00:00Z"
}))]
pub struct ContactView {
    /// The person's identifier.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// What they do there.
    #[schema(required)]
    pub role: Option<String>,
    /// Their e-mail address.
    #[schema(required, value_type = Option<EmailAddress>)]
    pub email: Option<String>,
    /// Their phone in E.164.
    #[schema(required, value_type = Option<Phone>)]
    pub phone: Option<String>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

impl From<ContactRow> for ContactView {
    fn from(row: ContactRow) -> Self {
        let ContactRow { id, name, role, email, phone, created_at, .. } = row;
        Self { id, name, role, email, phone, created_at }
    }
}

/// Something that was done about a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "kind": "call", "text": "Pidió una cotización",
    "at": "2026-11-22T18:00:00Z", "user_id": null, "created_at": "2026-11-22T18:00:00Z"
}))]
pub struct ActivityView {
    /// The activity's identifier.
    pub id: Uuid,
    /// What kind.
    #[schema(value_type = ActivityKind)]
    pub kind: String,
    /// What was said or done.
    pub text: String,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it; null when the platform did.
    #[schema(required)]
    pub user_id: Option<Uuid>,
    /// When it was noted.
    pub created_at: DateTime<Utc>,
}

impl From<ActivityRow> for ActivityView {
    fn from(row: ActivityRow) -> Self {
        let ActivityRow { id, kind, text, at, user_id, created_at, .. } = row;
        Self { id, kind, text, at, user_id, created_at }
    }
}

/// A score and what it is made of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "score": 65, "confidence": 0.6, "method": "rule_based_fallback",
    "reasons": [{ "rule": "base", "points": 50 }, { "rule": "employee_count", "points": 15 }]
}))]
pub struct ScoreView {
    /// 0 to 100.
    pub score: i32,
    /// 0 to 1: how much the method trusts itself.
    pub confidence: f64,
    /// How it was found.
    #[schema(value_type = String)]
    pub method: &'static str,
    /// Which rules gave how many points; more than 100 in all count as 100.
    pub reasons: Vec<ScoreReason>,
}

/// Leads by state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "total": 42, "by_status": { "new": 20, "contacted": 10, "qualified": 6, "converted": 4, "disqualified": 2 },
    "forgotten": 3, "follow_ups_due": 5
}))]
pub struct SummaryView {
    /// All leads.
    pub total: i64,
    /// Leads in each state.
    pub by_status: StatusCounts,
    /// Open leads that are marked as forgotten.
    pub forgotten: i64,
    /// Open leads whose follow-up has come.
    pub follow_ups_due: i64,
}

/// Leads in each state.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct StatusCounts {
    pub new: i64,
    pub contacted: i64,
    pub qualified: i64,
    pub converted: i64,
    pub disqualified: i64,
}
