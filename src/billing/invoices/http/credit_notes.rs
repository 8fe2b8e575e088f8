//! Credit notes.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::CreditNoteView;
use crate::billing::contract::{CreditNoteId, InvoiceId, MoneyError};
use crate::billing::domain::{Discount, DocumentLine, Series};
use crate::billing::http::{ReadBilling, WriteBilling};
use crate::billing::invoices::domain::{Content, check_shape};
use crate::billing::invoices::service::{self, NewCreditNote};
use crate::billing::invoices::store;
use crate::kernel::Line;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Cursor, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// A credit note to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "invoice_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71", "reason": "Devolución de una pieza",
    "lines": [{
        "description": "Uniforme escolar", "quantity": "1", "unit_code": "H87", "sat_product_key": "53102700",
        "unit_price": "125",
        "taxes": [{ "tax": "iva", "kind": "transferred", "factor": "rate", "rate": "0.16" }]
    }]
}))]
struct CreditNoteRequest {
    /// The invoice to take something off.
    #[schema(value_type = Uuid)]
    invoice_id: InvoiceId,
    /// In which series it is numbered; `NC` when not said.
    series: Option<Series>,
    /// What is taken back, in the invoice's currency.
    #[schema(min_items = 1, max_items = 200)]
    lines: Vec<DocumentLine>,
    /// What is taken off the whole.
    discount: Option<Discount>,
    /// Why.
    #[schema(value_type = Line<255>)]
    reason: Line<255>,
}

/// Which credit notes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CreditNoteQuery {
    /// Of this customer.
    customer_id: Option<Uuid>,
    /// Of this invoice.
    invoice_id: Option<Uuid>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Write a credit note
///
/// Takes something off an issued invoice, at most what is still owed of it. It gets the next number of its own series at
/// once, and cannot change any more.
#[utoipa::path(operation_id = "credit_notes_create", tag = "credit-notes", security(("bearer" = ["billing:write"])),
    request_body = CreditNoteRequest,
    responses((status = 201, description = "Written.", body = CreditNoteView),
        (status = 404, description = "There is no such invoice.")))]
#[post("/api/v1/credit-notes")]
pub async fn credit_notes_create(
    who: Authorized<WriteBilling>,
    db: Data<Db>,
    command: Command<CreditNoteRequest>,
) -> Result<Reply, Problem> {
    let Command { value: request, once } = command;
    check_shape(Some(&request.lines), None)?;
    let new = NewCreditNote {
        invoice: request.invoice_id,
        series: request.series.unwrap_or_else(Series::of_credit_notes),
        content: Content { lines: request.lines, discount: request.discount, notes: None },
        reason: request.reason.as_str().to_owned(),
    };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::credit(tx, new)?;
            let location = format!("/api/v1/credit-notes/{}", row.id);
            Ok::<_, MoneyError>(Reply::created(&CreditNoteView::new(row)?, location))
        })
    })
    .await
}

/// List credit notes
///
/// Lists credit notes, newest first.
#[utoipa::path(operation_id = "credit_notes_list", tag = "credit-notes", params(CreditNoteQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of credit notes.", body = Page<CreditNoteView>)))]
#[get("/api/v1/credit-notes")]
pub async fn credit_notes_list(
    who: Authorized<ReadBilling>,
    query: Query<CreditNoteQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read_time).transpose()?;
    let (customer, invoice) = (query.customer_id, query.invoice_id);
    let rows =
        db.read(who.actor(), move |tx| store::credit_notes(tx, customer, invoice, behind, limit)).await?;
    let Page { data, next_cursor } = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
    let data = data.into_iter().map(CreditNoteView::new).collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::ok(&Page { data, next_cursor }))
}

/// Read a credit note
///
/// Reads a credit note with its lines, taxes and totals.
#[utoipa::path(operation_id = "credit_notes_get", tag = "credit-notes", security(("bearer" = ["billing:read"])),
    params(("id" = CreditNoteId, Path, description = "The credit note.")),
    responses((status = 200, description = "The credit note.", body = CreditNoteView)))]
#[get("/api/v1/credit-notes/{id}")]
pub async fn credit_notes_get(
    who: Authorized<ReadBilling>,
    id: Path<CreditNoteId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    let row = db.read(who.actor(), move |tx| store::find_credit_note(tx, id)).await?;
    Ok(Reply::ok(&CreditNoteView::new(row)?))
}
