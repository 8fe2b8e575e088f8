//! Making, reading, changing, issuing and voiding invoices.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::InvoiceView;
use crate::billing::contract::{InvoiceId, MoneyError};
use crate::billing::customers;
use crate::billing::domain::{Discount, DocumentLine, Series, Tax};
use crate::billing::http::{ReadBilling, WriteBilling};
use crate::billing::invoices::domain::{Content, check_shape};
use crate::billing::invoices::service::{self, Change, NewInvoice, Origin};
use crate::billing::invoices::store::{self, InvoiceRow};
use crate::crm::CustomerId;
use crate::identity::People;
use crate::kernel::{Currency, Line, Prose};
use crate::platform::auth::Authorized;
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Body, Command, Empty, IfMatch, Patch, Reply};
use crate::platform::problem::Problem;

/// An invoice to draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c72", "currency": "MXN", "payment_terms_days": 30,
    "lines": [{
        "description": "Uniforme escolar", "quantity": "8", "unit_code": "H87", "sat_product_key": "53102700",
        "unit_price": "125",
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
    }]
}))]
struct InvoiceRequest {
    /// Who is billed.
    #[schema(value_type = Uuid)]
    customer_id: CustomerId,
    /// In which currency; the customer's when not said, or else the company's.
    currency: Option<Currency>,
    /// In which series it is numbered; `A` when not said.
    series: Option<Series>,
    /// The customer's contract in force that is billed.
    contract_id: Option<Uuid>,
    /// What is billed; of a contract, one line with its title and value when not said.
    #[serde(default)]
    #[schema(max_items = 200)]
    lines: Vec<DocumentLine>,
    /// The taxes of a contract's line, when `lines` are left out.
    #[serde(default)]
    #[schema(max_items = 8)]
    taxes: Vec<Tax>,
    /// What is taken off the whole, spread over the lines.
    discount: Option<Discount>,
    /// Days from its issue until it is due; 30 when not said.
    #[schema(minimum = 0, maximum = 365)]
    payment_terms_days: Option<i32>,
    /// What else the customer is told.
    #[schema(value_type = Option<Prose<2000>>)]
    notes: Option<Prose<2000>>,
}

/// What changes in a draft: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "payment_terms_days": 15, "discount": { "percent": "5" }, "notes": null }))]
struct InvoicePatch {
    /// Who is billed.
    #[schema(value_type = Option<Uuid>, nullable = false)]
    customer_id: Option<CustomerId>,
    /// In which currency.
    #[schema(nullable = false)]
    currency: Option<Currency>,
    /// In which series it is numbered.
    #[schema(nullable = false)]
    series: Option<Series>,
    /// What is billed: all of it.
    #[schema(min_items = 1, max_items = 200, nullable = false)]
    lines: Option<Vec<DocumentLine>>,
    /// What is taken off the whole.
    #[serde(default)]
    #[schema(value_type = Option<Discount>)]
    discount: Patch<Discount>,
    /// Days from its issue until it is due.
    #[schema(minimum = 0, maximum = 365, nullable = false)]
    payment_terms_days: Option<i32>,
    /// What else the customer is told.
    #[serde(default)]
    #[schema(value_type = Option<Prose<2000>>)]
    notes: Patch<Prose<2000>>,
}

/// Why an invoice is voided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Datos del cliente equivocados" }))]
struct VoidRequest {
    /// Why.
    #[schema(value_type = Line<255>)]
    reason: Line<255>,
}

/// Draft an invoice
///
/// Drafts an invoice, by hand or of a contract. It can change until it is issued, and has no number before.
#[utoipa::path(operation_id = "invoices_create", tag = "invoices", security(("bearer" = ["billing:write"])),
    request_body = InvoiceRequest,
    responses((status = 201, description = "Drafted.", body = InvoiceView)))]
#[post("/api/v1/invoices")]
pub async fn invoices_create(
    who: Authorized<WriteBilling>,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<InvoiceRequest>,
) -> Result<Reply, Problem> {
    let Command { value: request, once } = command;
    let is_of_contract = request.contract_id.is_some() && request.lines.is_empty();
    check_shape((!is_of_contract).then_some(&request.lines), request.payment_terms_days)?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let new = request.parse(tx, &**people)?;
            let row = service::create(tx, &new)?.ok_or_else(|| MoneyError::broken("invoice"))?;
            let today = service::today(tx, &**people)?;
            let location = format!("/api/v1/invoices/{}", row.id);
            let reply = Reply::created(&InvoiceView::new(&row, today)?, location).version(row.version);
            Ok::<_, MoneyError>(reply)
        })
    })
    .await
}

/// Read an invoice
///
/// Reads an invoice with its lines, taxes and totals.
#[utoipa::path(operation_id = "invoices_get", tag = "invoices", security(("bearer" = ["billing:read"])),
    params(("id" = InvoiceId, Path, description = "The invoice.")),
    responses((status = 200, description = "The invoice; its `ETag` is the version.", body = InvoiceView)))]
#[get("/api/v1/invoices/{id}")]
pub async fn invoices_get(
    who: Authorized<ReadBilling>,
    id: Path<InvoiceId>,
    db: Data<Db>,
    people: Data<dyn People>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    Ok(db
        .read(who.actor(), move |tx| {
            let row = store::find(tx, id)?;
            reply(tx, &**people, &row)
        })
        .await?)
}

/// Change a draft
///
/// Changes an invoice that is not issued yet; its totals are computed anew.
#[utoipa::path(operation_id = "invoices_update", tag = "invoices", security(("bearer" = ["billing:write"])),
    params(("id" = InvoiceId, Path, description = "The invoice."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = InvoicePatch,
    responses((status = 200, description = "The invoice as it is now.", body = InvoiceView)))]
#[patch("/api/v1/invoices/{id}")]
pub async fn invoices_update(
    who: Authorized<WriteBilling>,
    id: Path<InvoiceId>,
    expected: IfMatch,
    db: Data<Db>,
    people: Data<dyn People>,
    body: Body<InvoicePatch>,
) -> Result<Reply, Problem> {
    let (id, patch) = (id.into_inner(), body.0);
    check_shape(patch.lines.as_deref(), patch.payment_terms_days)?;
    Ok(db
        .tenant(who.actor(), move |tx| {
            let row = service::update(tx, id, expected.0, patch.into())?;
            reply(tx, &**people, &row)
        })
        .await?)
}

/// Delete a draft
///
/// Deletes an invoice that is not issued yet.
#[utoipa::path(operation_id = "invoices_delete", tag = "invoices", security(("bearer" = ["billing:write"])),
    params(("id" = InvoiceId, Path, description = "The invoice."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/invoices/{id}")]
pub async fn invoices_delete(
    who: Authorized<WriteBilling>,
    id: Path<InvoiceId>,
    expected: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| service::delete(tx, id, expected.0)).await?;
    Ok(Reply::no_content())
}

/// Issue an invoice
///
/// Gives a draft the next number of its series, without gaps. It is owed from now on, and cannot change any more.
#[utoipa::path(operation_id = "invoices_issue", tag = "invoices", security(("bearer" = ["billing:write"])),
    params(("id" = InvoiceId, Path, description = "The invoice."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = Empty,
    responses((status = 200, description = "The invoice with its number.", body = InvoiceView)))]
#[post("/api/v1/invoices/{id}/issue")]
pub async fn invoices_issue(
    who: Authorized<WriteBilling>,
    id: Path<InvoiceId>,
    expected: IfMatch,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<Empty>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        command.once.run(tx, |tx| {
            let row = service::issue(tx, &**people, id, expected.0)?;
            reply(tx, &**people, &row)
        })
    })
    .await
}

/// Void an invoice
///
/// Voids an issued invoice of which nothing was paid or credited: it counts no more, and its number stays taken.
#[utoipa::path(operation_id = "invoices_void", tag = "invoices", security(("bearer" = ["billing:write"])),
    params(("id" = InvoiceId, Path, description = "The invoice."),
        ("If-Match" = Option<String>, Header, description = "The version that you read.")),
    request_body = VoidRequest,
    responses((status = 200, description = "The invoice, void.", body = InvoiceView)))]
#[post("/api/v1/invoices/{id}/void")]
pub async fn invoices_void(
    who: Authorized<WriteBilling>,
    id: Path<InvoiceId>,
    expected: IfMatch,
    db: Data<Db>,
    people: Data<dyn People>,
    command: Command<VoidRequest>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::void(tx, id, expected.0, value.reason.as_str().to_owned())?;
            reply(tx, &**people, &row)
        })
    })
    .await
}

fn reply(tx: &mut TenantTx<'_>, people: &dyn People, row: &InvoiceRow) -> Result<Reply, MoneyError> {
    let today = service::today(tx, people)?;
    Ok(Reply::ok(&InvoiceView::new(row, today)?).version(row.version))
}

impl InvoiceRequest {
    fn parse(self, tx: &mut TenantTx<'_>, people: &dyn People) -> Result<NewInvoice, MoneyError> {
        let customer = customers::open(tx, self.customer_id)?;
        let contract =
            self.contract_id.map(|id| customers::contract(tx, self.customer_id, id)).transpose()?;
        let currency = match self.currency.or(contract.as_ref().map(|it| it.value.currency())) {
            Some(currency) => currency,
            None => match customer.currency {
                Some(currency) => currency,
                None => people.settings(tx)?.currency,
            },
        };
        let lines = match &contract {
            Some(contract) if self.lines.is_empty() => {
                vec![customers::line_of(contract, currency, self.taxes)?]
            }
            _ => self.lines,
        };
        Ok(NewInvoice {
            customer: self.customer_id,
            currency,
            series: self.series.unwrap_or_else(Series::of_invoices),
            content: Content { lines, discount: self.discount, notes: self.notes },
            payment_terms_days: self.payment_terms_days.unwrap_or(service::USUAL_TERMS),
            origin: self.contract_id.map_or(Origin::Hand, Origin::Contract),
        })
    }
}

impl From<InvoicePatch> for Change {
    fn from(patch: InvoicePatch) -> Self {
        Self {
            customer: patch.customer_id,
            currency: patch.currency,
            series: patch.series,
            lines: patch.lines,
            discount: patch.discount,
            notes: patch.notes,
            payment_terms_days: patch.payment_terms_days,
        }
    }
}
