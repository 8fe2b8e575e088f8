//! Customers as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crm::contract::CustomerKind;
use crate::crm::customers::domain::{ActivityKind, Address, Status};
use crate::crm::customers::store::{ActivityRow, ContactRow, Row};
use crate::kernel::{
    Country, Currency, EmailAddress, FiscalRegime, Language, Locale, Message, Phone, TaxId, WebUrl,
};
use crate::platform::db::RawJson;

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(customer_example()))]
pub struct CustomerView {
    /// The customer's identifier.
    pub id: Uuid,
    /// What it is.
    #[schema(value_type = CustomerKind)]
    pub kind: String,
    /// What it is called.
    #[schema(max_length = 255)]
    pub trade_name: String,
    /// What its papers call it.
    #[schema(required)]
    pub legal_name: Option<String>,
    /// By which the tax authority knows it.
    #[schema(required)]
    pub tax_id: Option<TaxIdView>,
    /// The SAT's regime, of Mexican ones.
    #[schema(required, value_type = Option<FiscalRegime>)]
    pub fiscal_regime: Option<String>,
    /// Where the tax authority knows it to be.
    #[schema(required, value_type = Option<Address>)]
    pub fiscal_address: Option<RawJson>,
    /// Where it is.
    #[schema(required, value_type = Option<Address>)]
    pub address: Option<RawJson>,
    /// Its e-mail address.
    #[schema(required, value_type = Option<EmailAddress>)]
    pub email: Option<String>,
    /// Its phone in E.164.
    #[schema(required, value_type = Option<Phone>)]
    pub phone: Option<String>,
    /// Its web site.
    #[schema(required, value_type = Option<WebUrl>)]
    pub website: Option<String>,
    /// Its language and formats; null is the company's.
    #[schema(required, value_type = Option<Locale>)]
    pub language: Option<String>,
    /// The currency of its documents; null is the company's.
    #[schema(required, value_type = Option<Currency>)]
    pub currency: Option<String>,
    /// The account above it.
    #[schema(required)]
    pub parent_id: Option<Uuid>,
    /// The user whose it is.
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
    /// The lead that it was.
    #[schema(required)]
    pub lead_id: Option<Uuid>,
    /// Where it stands.
    #[schema(value_type = Status)]
    pub status: String,
    /// Why it left.
    #[schema(required)]
    pub churn_reason: Option<String>,
    /// When it left.
    #[schema(required)]
    pub churned_at: Option<DateTime<Utc>>,
    /// 0 to 100.
    pub health_score: i32,
    /// What somebody should look at, although it was taken.
    pub warnings: Vec<Warning>,
    /// Counts the changes that people made; also the `ETag`.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When something was last done about it.
    #[schema(required)]
    pub last_activity_at: Option<DateTime<Utc>>,
    /// When it went into the archive; null while it is not there.
    #[schema(required)]
    pub archived_at: Option<DateTime<Utc>>,
}

/// A tax identifier and the country whose it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerTaxIdView)]
pub struct TaxIdView {
    /// The country.
    #[schema(value_type = Country)]
    pub country: String,
    /// The identifier, in capitals and without separators.
    #[schema(value_type = TaxId)]
    pub number: String,
}

/// Something to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerWarning, example = json!({ "pointer": "/tax_id/number", "detail": "The check digit is wrong: look again at the papers." }))]
pub struct Warning {
    /// What it is about.
    #[schema(value_type = String)]
    pub pointer: &'static str,
    /// Why, in the language asked for.
    pub detail: String,
}

/// An example of a customer.
pub fn customer_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51", "kind": "company",
        "trade_name": "Sastrería Nájera", "legal_name": "Confecciones Nájera SA de CV",
        "tax_id": { "country": "MX", "number": "EKU9003173C9" }, "fiscal_regime": "601",
        "fiscal_address": {
            "street": "Calle 5 de Mayo 12", "neighborhood": "Centro", "city": "Juchitán de Zaragoza", "state": "Oaxaca",
            "postal_code": "70000", "country": "MX"
        },
        "address": null, "email": "ines@sastrerianajera.mx", "phone": "+529711609009", "website": null,
        "language": "es-MX", "currency": "MXN", "parent_id": null, "owner_id": null, "tags": ["istmo"], "notes": null,
        "custom_fields": { "localidad": "Juchitán" }, "lead_id": null, "status": "active", "churn_reason": null,
        "churned_at": null, "health_score": 70, "warnings": [], "version": 1, "created_at": "2026-11-22T18:00:00Z",
        "updated_at": "2026-11-22T18:00:00Z", "last_activity_at": null, "archived_at": null
    })
}

impl CustomerView {
    /// The view of `row`, its warnings in `language`.
    pub fn new(row: Row, language: Language) -> Self {
        let warnings = warnings(&row, language);
        Self {
            id: row.id,
            kind: row.kind,
            trade_name: row.trade_name,
            legal_name: row.legal_name,
            tax_id: row
                .tax_country
                .zip(row.tax_number)
                .map(|(country, number)| TaxIdView { country, number }),
            fiscal_regime: row.fiscal_regime,
            fiscal_address: row.fiscal_address,
            address: row.address,
            email: row.email,
            phone: row.phone,
            website: row.website,
            language: row.language,
            currency: row.currency,
            parent_id: row.parent_id,
            owner_id: row.owner_id,
            tags: row.tags,
            notes: row.notes,
            custom_fields: row.custom_fields,
            lead_id: row.lead_id,
            status: row.status,
            churn_reason: row.churn_reason,
            churned_at: row.churned_at,
            health_score: row.health_score,
            warnings,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_activity_at: row.last_activity_at,
            archived_at: row.archived_at,
        }
    }
}

fn warnings(row: &Row, language: Language) -> Vec<Warning> {
    let tax_id = row.tax_id().ok().flatten();
    if tax_id.is_none_or(|tax_id| tax_id.check_digit_ok() != Some(false)) {
        return Vec::new();
    }
    let detail = Message::new(
        "The check digit is wrong: look again at the papers.",
        "El dígito verificador no coincide: revise los documentos.",
    );
    vec![Warning { pointer: "/tax_id/number", detail: detail.in_language(language).to_owned() }]
}

/// A person of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c52", "name": "Inés Nájera", "role": "Compras",
    "email": "ines@sastrerianajera.mx", "phone": "+529711609009", "is_primary": true, "created_at": "2026-11-22T18:00:00Z"
}))]
pub struct CustomerContactView {
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
    /// Whether they are the one to speak to first.
    pub is_primary: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

impl From<ContactRow> for CustomerContactView {
    fn from(row: ContactRow) -> Self {
        let ContactRow { id, name, role, email, phone, is_primary, created_at, .. } = row;
        Self { id, name, role, email, phone, is_primary, created_at }
    }
}

/// Something that was done about a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c53", "kind": "call", "text": "Quiere renovar",
    "at": "2026-11-22T18:00:00Z", "user_id": null, "created_at": "2026-11-22T18:00:00Z"
}))]
pub struct CustomerActivityView {
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

impl From<ActivityRow> for CustomerActivityView {
    fn from(row: ActivityRow) -> Self {
        let ActivityRow { id, kind, text, at, user_id, created_at, .. } = row;
        Self { id, kind, text, at, user_id, created_at }
    }
}

/// Customers by state, and those that need attention.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "total": 42, "by_status": { "active": 40, "churned": 2 }, "at_risk": 3, "archived": 5 }))]
pub struct CustomerSummaryView {
    /// All customers but those in the archive.
    pub total: i64,
    /// Customers in each state.
    pub by_status: CustomerStatusCounts,
    /// Active customers with a health score below 40.
    pub at_risk: i64,
    /// Customers in the archive.
    pub archived: i64,
}

/// Customers in each state.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CustomerStatusCounts {
    pub active: i64,
    pub churned: i64,
}
