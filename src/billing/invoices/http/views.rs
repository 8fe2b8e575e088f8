//! Invoices and credit notes as clients see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::contract::MoneyError;
use crate::billing::domain::{Discount, DocumentLine, Totals};
use crate::billing::invoices::domain::{BillTo, Content, Standing};
use crate::billing::invoices::store::{CreditNoteRow, InvoiceRow, ListRow};
use crate::kernel::{Currency, Money};
use crate::platform::db::RawJson;

/// An invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(invoice_example()))]
pub struct InvoiceView {
    /// Its identifier.
    pub id: Uuid,
    /// Who is billed.
    pub customer_id: Uuid,
    /// Who the customer was when it was issued; null of a draft.
    #[schema(required)]
    pub bill_to: Option<BillTo>,
    /// The quotation that it comes from.
    #[schema(required)]
    pub quotation_id: Option<Uuid>,
    /// The contract that it comes from.
    #[schema(required)]
    pub contract_id: Option<Uuid>,
    /// The subscription that it comes from.
    #[schema(required)]
    pub subscription_id: Option<Uuid>,
    /// Where it stands.
    pub status: Standing,
    /// Its series.
    pub series: String,
    /// Its number in the series; null of a draft.
    #[schema(required)]
    pub number: Option<i64>,
    /// Its currency.
    pub currency: Currency,
    /// Its lines.
    pub lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    #[schema(required)]
    pub discount: Option<Discount>,
    /// What else the customer is told.
    #[schema(required)]
    pub notes: Option<String>,
    /// What it comes to; its lines in the order of `lines`.
    pub totals: Totals,
    /// What was paid, less what was given back.
    pub paid: Money,
    /// What credit notes took off.
    pub credited: Money,
    /// What is still owed.
    pub due: Money,
    /// Days from its issue until it is due.
    pub payment_terms_days: i32,
    /// When it was issued.
    #[schema(required)]
    pub issued_at: Option<DateTime<Utc>>,
    /// The last day to pay it, in the company's time zone.
    #[schema(required)]
    pub due_on: Option<NaiveDate>,
    /// When nothing was owed any more.
    #[schema(required)]
    pub paid_at: Option<DateTime<Utc>>,
    /// When it was voided.
    #[schema(required)]
    pub voided_at: Option<DateTime<Utc>>,
    /// Why it was voided.
    #[schema(required)]
    pub void_reason: Option<String>,
    /// Where it stands with the tax authority.
    pub fiscal: FiscalView,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Where a document stands with the tax authority. Cauce does not stamp yet: it is `not_stamped`, and the rest null.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiscalView {
    /// `not_stamped`, `stamped` or `cancelled`.
    pub status: String,
    /// The folio fiscal.
    #[schema(required)]
    pub uuid: Option<Uuid>,
    /// Where the stamped XML is kept.
    #[schema(required)]
    pub xml_key: Option<String>,
}

/// An invoice as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72",
    "quotation_id": null, "contract_id": null, "subscription_id": null, "status": "overdue", "series": "A", "number": 17,
    "net": { "amount": "1000.00", "currency": "MXN" }, "total": { "amount": "1160.00", "currency": "MXN" },
    "paid": { "amount": "160.00", "currency": "MXN" }, "due": { "amount": "1000.00", "currency": "MXN" },
    "issued_at": "2026-11-22T18:00:00Z", "due_on": "2026-12-22", "fiscal_status": "not_stamped", "version": 2,
    "created_at": "2026-11-22T17:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct InvoiceSummary {
    /// Its identifier.
    pub id: Uuid,
    /// Who is billed.
    pub customer_id: Uuid,
    /// The quotation that it comes from.
    #[schema(required)]
    pub quotation_id: Option<Uuid>,
    /// The contract that it comes from.
    #[schema(required)]
    pub contract_id: Option<Uuid>,
    /// The subscription that it comes from.
    #[schema(required)]
    pub subscription_id: Option<Uuid>,
    /// Where it stands.
    pub status: Standing,
    /// Its series.
    pub series: String,
    /// Its number in the series; null of a draft.
    #[schema(required)]
    pub number: Option<i64>,
    /// Before taxes.
    pub net: Money,
    /// What is to be paid.
    pub total: Money,
    /// What was paid, less what was given back.
    pub paid: Money,
    /// What is still owed.
    pub due: Money,
    /// When it was issued.
    #[schema(required)]
    pub issued_at: Option<DateTime<Utc>>,
    /// The last day to pay it.
    #[schema(required)]
    pub due_on: Option<NaiveDate>,
    /// `not_stamped`, `stamped` or `cancelled`.
    pub fiscal_status: String,
    /// Counts the changes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A credit note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(credit_note_example()))]
pub struct CreditNoteView {
    /// Its identifier.
    pub id: Uuid,
    /// The invoice that it takes something off.
    pub invoice_id: Uuid,
    /// Who was billed.
    pub customer_id: Uuid,
    /// Who the customer was when the invoice was issued.
    pub bill_to: Option<BillTo>,
    /// Its series.
    pub series: String,
    /// Its number in the series.
    pub number: i64,
    /// Its lines.
    pub lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    #[schema(required)]
    pub discount: Option<Discount>,
    /// What it comes to; its lines in the order of `lines`.
    pub totals: Totals,
    /// Why it was written.
    pub reason: String,
    /// Where it stands with the tax authority.
    pub fiscal: FiscalView,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// The lines and totals of examples.
fn document_example() -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    let tax = json!({ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" });
    json!({
        "lines": [{
            "product_id": null, "description": "Uniforme escolar", "quantity": "8", "unit_code": "H87",
            "sat_product_key": "53102700", "unit_price": "125", "discount": null, "taxes": [tax]
        }],
        "discount": null,
        "totals": {
            "subtotal": money("1000.00"), "discount": money("0.00"), "transferred": money("160.00"),
            "withheld": money("0.00"), "total": money("1160.00"),
            "taxes": [{
                "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16", "base": "1000",
                "amount": money("160.00")
            }],
            "lines": [{
                "amount": "1000", "discount": "0",
                "taxes": [{ "tax": tax, "base": "1000", "amount": "160" }]
            }]
        },
        "bill_to": {
            "name": "Sastrería Nájera", "legal_name": "INES NAJERA LOPEZ", "tax_country": "MX",
            "tax_number": "NALI800101AB1", "fiscal_regime": "612", "fiscal_postal_code": "70610",
            "email": "ines@sastrerianajera.mx"
        },
        "fiscal": { "status": "not_stamped", "uuid": null, "xml_key": null }
    })
}

fn merged(own: Value) -> Value {
    let mut example = document_example();
    if let (Some(example), Value::Object(own)) = (example.as_object_mut(), own) {
        example.extend(own);
    }
    example
}

/// An example of an invoice.
pub fn invoice_example() -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    merged(json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72",
        "quotation_id": null, "contract_id": null, "subscription_id": null, "status": "issued", "series": "A",
        "number": 17, "currency": "MXN", "notes": null, "paid": money("160.00"), "credited": money("0.00"),
        "due": money("1000.00"), "payment_terms_days": 30, "issued_at": "2026-11-22T18:00:00Z", "due_on": "2026-12-22",
        "paid_at": null, "voided_at": null, "void_reason": null, "version": 3,
        "created_at": "2026-11-22T17:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
    }))
}

fn credit_note_example() -> Value {
    merged(json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c74", "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71",
        "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72", "series": "NC", "number": 3, "reason": "Devolución",
        "created_at": "2026-11-25T18:00:00Z"
    }))
}

impl InvoiceView {
    /// The invoice as it stands `today`.
    pub fn new(row: &InvoiceRow, today: NaiveDate) -> Result<Self, MoneyError> {
        let Content { lines, discount, notes } = row.content()?;
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            bill_to: row.bill_to(),
            quotation_id: row.quotation_id,
            contract_id: row.contract_id,
            subscription_id: row.subscription_id,
            status: Standing::of(&row.status, row.due_on, today),
            series: row.series.clone(),
            number: row.number,
            currency: row.currency()?,
            lines,
            discount,
            notes: notes.map(|notes| notes.as_str().to_owned()),
            totals: row.totals()?,
            paid: row.money(row.paid_minor)?,
            credited: row.money(row.credited_minor)?,
            due: row.money(row.due_minor())?,
            payment_terms_days: row.payment_terms_days,
            issued_at: row.issued_at,
            due_on: row.due_on,
            paid_at: row.paid_at,
            voided_at: row.voided_at,
            void_reason: row.void_reason.clone(),
            fiscal: FiscalView {
                status: row.fiscal_status.clone(),
                uuid: row.fiscal_uuid,
                xml_key: row.fiscal_xml_key.clone(),
            },
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl InvoiceSummary {
    /// The invoice as it stands `today`.
    pub fn new(row: ListRow, today: NaiveDate) -> Result<Self, MoneyError> {
        let currency = Currency::parse(&row.currency).map_err(|_| MoneyError::broken("invoice"))?;
        let money = |minor| Money::from_minor(minor, currency);
        let left = row.total_minor - row.paid_minor - row.credited_minor;
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            quotation_id: row.quotation_id,
            contract_id: row.contract_id,
            subscription_id: row.subscription_id,
            status: Standing::of(&row.status, row.due_on, today),
            net: money(row.net_minor),
            total: money(row.total_minor),
            paid: money(row.paid_minor),
            due: money(if row.status == "issued" { left } else { 0 }),
            series: row.series,
            number: row.number,
            issued_at: row.issued_at,
            due_on: row.due_on,
            fiscal_status: row.fiscal_status,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl CreditNoteView {
    /// The credit note.
    pub fn new(row: CreditNoteRow) -> Result<Self, MoneyError> {
        let broken = || MoneyError::broken("credit note");
        let Content { lines, discount, .. } = row.content.read().ok_or_else(broken)?;
        Ok(Self {
            id: row.id,
            invoice_id: row.invoice_id,
            customer_id: row.customer_id,
            bill_to: RawJson::read(&row.bill_to),
            series: row.series,
            number: row.number,
            lines,
            discount,
            totals: row.totals.read().ok_or_else(broken)?,
            reason: row.reason,
            fiscal: FiscalView {
                status: row.fiscal_status,
                uuid: row.fiscal_uuid,
                xml_key: row.fiscal_xml_key,
            },
            created_at: row.created_at,
        })
    }
}
