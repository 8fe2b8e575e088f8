//! Quotations as sellers and customers see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::quotations::domain::{Approval, Content, Reason, Status};
use crate::billing::quotations::service::Whole;
use crate::billing::quotations::store::{AnswerRow, ApprovalRow, QuotationRow};
use crate::kernel::{Currency, Decimal6, Money, text};
use crate::platform::problem::Problem;

/// A quotation in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(summary_example()))]
pub struct QuotationSummary {
    /// Its identifier.
    id: Uuid,
    /// Its number in the company.
    folio: i64,
    /// Where it stands.
    #[schema(value_type = Status)]
    status: String,
    /// Whether a colleague lets it be offered.
    #[schema(value_type = Approval)]
    approval: String,
    /// Whom it is for.
    customer_id: Uuid,
    /// How they were called when it was made.
    customer_name: String,
    /// What it is about.
    #[schema(required)]
    title: Option<String>,
    /// How many lines it has.
    line_count: i32,
    /// What it comes to.
    total: Money,
    /// Until when it can be accepted.
    valid_until: DateTime<Utc>,
    /// Who works on it.
    #[schema(required)]
    owner_id: Option<Uuid>,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// A quotation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(quotation_example()))]
pub struct QuotationView {
    /// Its identifier.
    id: Uuid,
    /// Its number in the company.
    folio: i64,
    /// Where it stands.
    #[schema(value_type = Status)]
    status: String,
    /// Whom it is for.
    customer_id: Uuid,
    /// Who works on it.
    #[schema(required)]
    owner_id: Option<Uuid>,
    /// Which list new prices are taken from; the newest valid one of the currency when there is none.
    #[schema(required)]
    price_list_id: Option<Uuid>,
    /// Which warehouse goods are taken from; the oldest one that is used when there is none.
    #[schema(required)]
    warehouse_id: Option<Uuid>,
    /// The number of the document's version.
    revision: i32,
    /// What it says to the customer.
    document: Content,
    /// The most percent that is taken off a line; of the list's price where that is higher.
    highest_discount: Decimal6,
    /// Whether a colleague lets it be offered.
    #[schema(value_type = Approval)]
    approval: String,
    /// What was asked of colleagues and decided, the newest first.
    approvals: Vec<ApprovalView>,
    /// What the customer answered, and what proves it.
    #[schema(required)]
    answer: Option<AnswerView>,
    /// Where the customer sees and answers it; null before it was sent.
    #[schema(required)]
    public_url: Option<String>,
    /// Why it was given up.
    #[schema(required)]
    cancel_reason: Option<String>,
    /// When it was sent.
    #[schema(required)]
    sent_at: Option<DateTime<Utc>>,
    /// When it was sold, cancelled or expired.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// What was asked of colleagues.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationApprovalView, example = json!({
    "status": "approved", "revision": 2, "reasons": ["discount"], "note": "Cliente de muchos años",
    "requested_by": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "requested_at": "2026-01-05T15:00:00Z",
    "decided_by": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "decided_at": "2026-01-05T16:00:00Z", "decision_note": null
}))]
struct ApprovalView {
    /// `requested`, `approved`, `rejected`, or `withdrawn` because the quotation changed or was given up.
    status: String,
    /// The number of the document's version.
    revision: i32,
    /// Which rules asked for it.
    #[schema(value_type = Vec<Reason>)]
    reasons: Vec<String>,
    /// What was said to them.
    #[schema(required)]
    note: Option<String>,
    /// Who asked.
    #[schema(required)]
    requested_by: Option<Uuid>,
    /// When.
    requested_at: DateTime<Utc>,
    /// Who decided.
    #[schema(required)]
    decided_by: Option<Uuid>,
    /// When.
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// What they said.
    #[schema(required)]
    decision_note: Option<String>,
}

/// What the customer answered, and what proves it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationAnswerView, example = json!({
    "answer": "accepted", "revision": 2, "document_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "file_sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "name": "Inés Nájera", "reason": null, "address": "203.0.113.7", "user_agent": "Mozilla/5.0", "noted_by": null,
    "answered_at": "2026-01-06T15:00:00Z"
}))]
struct AnswerView {
    /// `accepted` or `rejected`.
    answer: String,
    /// The number of the document's version.
    revision: i32,
    /// SHA-256 of the document that was answered: its JSON with sorted names and without white space.
    document_sha256: String,
    /// SHA-256 of the PDF that the customer was sent; null where it had not been made yet.
    #[schema(required)]
    file_sha256: Option<String>,
    /// The name that they gave.
    #[schema(required)]
    name: Option<String>,
    /// What they said.
    #[schema(required)]
    reason: Option<String>,
    /// Their address.
    #[schema(required)]
    address: Option<String>,
    /// Their program.
    #[schema(required)]
    user_agent: Option<String>,
    /// Whoever of the company noted it for the customer; null when the customer did it by the link.
    #[schema(required)]
    noted_by: Option<Uuid>,
    /// When.
    answered_at: DateTime<Utc>,
}

/// A quotation as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(public_example()))]
pub struct PublicQuotation {
    /// Where it stands.
    #[schema(value_type = Status)]
    status: Status,
    /// The number of the document's version: send it with your answer.
    revision: i32,
    /// What is offered.
    document: Content,
    /// `accepted` or `rejected`; null before it was answered.
    #[schema(required)]
    answer: Option<String>,
    /// When it was answered.
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
}

impl QuotationSummary {
    /// A quotation in a list.
    pub fn new(row: QuotationRow) -> Result<Self, Problem> {
        let currency = Currency::parse(&row.currency).map_err(|_| Problem::internal())?;
        Ok(Self {
            id: row.id,
            folio: row.folio,
            status: row.status,
            approval: row.approval,
            customer_id: row.customer_id,
            customer_name: row.customer_name,
            title: row.title,
            line_count: row.line_count,
            total: Money::from_minor(row.total_minor, currency),
            valid_until: row.valid_until,
            owner_id: row.owner_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl QuotationView {
    /// A quotation, and its link.
    pub fn new(whole: Whole, public_url: Option<String>) -> Self {
        let Whole { row, content, approvals, answer } = whole;
        Self {
            id: row.id,
            folio: row.folio,
            status: row.status,
            customer_id: row.customer_id,
            owner_id: row.owner_id,
            price_list_id: row.price_list_id,
            warehouse_id: row.warehouse_id,
            revision: row.revision,
            document: content,
            highest_discount: Decimal6::from_millionths(row.highest_discount),
            approval: row.approval,
            approvals: approvals.into_iter().map(ApprovalView::from).collect(),
            answer: answer.map(AnswerView::from),
            public_url,
            cancel_reason: row.cancel_reason,
            sent_at: row.sent_at,
            closed_at: row.closed_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl PublicQuotation {
    /// A quotation as its customer sees it at `now`.
    pub fn new(whole: Whole, now: DateTime<Utc>) -> Result<Self, Problem> {
        let Whole { row, content, answer, .. } = whole;
        let status = row.status()?;
        Ok(Self {
            // Its time is over, although nobody said so yet.
            status: if status == Status::Pending && row.valid_until <= now {
                Status::Expired
            } else {
                status
            },
            revision: row.revision,
            document: content,
            answered_at: answer.as_ref().map(|answer| answer.answered_at),
            answer: answer.map(|answer| answer.answer),
        })
    }
}

impl From<ApprovalRow> for ApprovalView {
    fn from(row: ApprovalRow) -> Self {
        Self {
            status: row.status,
            revision: row.revision,
            reasons: row.reasons,
            note: row.note,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            decision_note: row.decision_note,
        }
    }
}

impl From<AnswerRow> for AnswerView {
    fn from(row: AnswerRow) -> Self {
        Self {
            answer: row.answer,
            revision: row.revision,
            document_sha256: text::hex(&row.document_hash),
            file_sha256: row.file_hash.as_deref().map(text::hex),
            name: row.name,
            reason: row.reason,
            address: row.address,
            user_agent: row.user_agent,
            noted_by: row.noted_by,
            answered_at: row.answered_at,
        }
    }
}

/// What the examples show.
pub fn document_example() -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currency": "MXN" });
    json!({
        "folio": 12, "customer_name": "Escuela Benito Juárez", "currency": "MXN", "title": "Uniformes 2027", "notes": null,
        "terms": "50 % de anticipo", "valid_until": "2027-01-31T05:59:59Z", "discount": null,
        "lines": [{
            "product_id": null, "description": "Uniforme escolar, talla M", "quantity": "40", "unit_code": "H87",
            "sat_product_key": "53102700", "unit_price": "185.5", "discount": { "percent": "10" },
            "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }],
            "amount": "7420", "taken_off": "742"
        }],
        "subtotal": money("7420.00"), "discounts": money("742.00"), "transferred": money("1068.48"), "withheld": money("0.00"),
        "taxes": [{
            "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16", "base": "6678", "amount": money("1068.48")
        }],
        "total": money("7746.48")
    })
}

fn summary_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "folio": 12, "status": "PENDING", "approval": "none",
        "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c65", "customer_name": "Escuela Benito Juárez",
        "title": "Uniformes 2027", "line_count": 1, "total": { "amount": "7746.48", "currency": "MXN" },
        "valid_until": "2027-01-31T05:59:59Z", "owner_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "version": 2,
        "created_at": "2026-01-05T15:00:00Z", "updated_at": "2026-01-05T16:00:00Z"
    })
}

fn quotation_example() -> Value {
    json!({
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "folio": 12, "status": "PENDING",
        "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c65", "owner_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12",
        "price_list_id": null, "warehouse_id": null, "revision": 1, "document": document_example(), "highest_discount": "10",
        "approval": "none", "approvals": [], "answer": null,
        "public_url": "https://cauce.empresa.mx/api/v1/public/quotations/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "cancel_reason": null, "sent_at": "2026-01-05T16:00:00Z", "closed_at": null, "version": 2,
        "created_at": "2026-01-05T15:00:00Z", "updated_at": "2026-01-05T16:00:00Z"
    })
}

fn public_example() -> Value {
    json!({
        "status": "PENDING", "revision": 1, "document": document_example(), "answer": null, "answered_at": null
    })
}
