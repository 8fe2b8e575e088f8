//! Lists of quotations, and one of them.

use actix_web::get;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::reply;
use super::views::{QuotationSummary, QuotationView};
use crate::billing::contract::QuotationId;
use crate::billing::http::ReadBilling;
use crate::billing::quotations::Quotations;
use crate::billing::quotations::domain::{Approval, Status};
use crate::billing::quotations::store::{self, QuotationFilter};
use crate::kernel::Invalid;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::{FieldError, Problem};

/// Which quotations, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuotationsQuery {
    /// In this state.
    #[param(inline)]
    status: Option<Status>,
    /// With this answer of colleagues.
    #[param(inline)]
    approval: Option<Approval>,
    /// Of this customer.
    customer_id: Option<Uuid>,
    /// Of this owner.
    owner_id: Option<Uuid>,
    /// With this number.
    folio: Option<i64>,
    /// Made at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_from: Option<Moment>,
    /// Made before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_to: Option<Moment>,
    /// `created_at`; `-` before it turns it round.
    #[param(pattern = "^-?created_at$")]
    sort: Option<String>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List quotations
///
/// Lists quotations without their lines, newest first when no order is given.
#[utoipa::path(operation_id = "quotations_list", tag = "quotations", params(QuotationsQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of quotations.", body = Page<QuotationSummary>)))]
#[get("/api/v1/quotations")]
pub async fn quotations_list(
    who: Authorized<ReadBilling>,
    query: Query<QuotationsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let is_oldest_first = match query.sort.as_deref().unwrap_or("-created_at") {
        "created_at" => true,
        "-created_at" => false,
        _ => {
            let reason = Invalid::new(
                "must be created_at, with - before it to turn it round",
                "debe ser created_at, con - delante para invertirlo",
            );
            return Err(Problem::invalid(vec![FieldError::parameter("sort", reason)]));
        }
    };
    let place = query.cursor.as_deref().map(Cursor::read::<(bool, Uuid)>).transpose()?;
    if place.is_some_and(|(order, _)| order != is_oldest_first) {
        return Err(Cursor::refused());
    }
    let filter = QuotationFilter {
        status: query.status.map(Status::as_str),
        approval: query.approval.map(Approval::as_str),
        customer: query.customer_id,
        owner: query.owner_id,
        folio: query.folio,
        created: (query.created_from.map(Moment::utc), query.created_to.map(Moment::utc)),
    };
    db.read(who.actor(), move |tx| {
        let behind = place.map(|(_, id)| id);
        let rows = store::list(tx, &filter, is_oldest_first, behind, limit.rows_to_read())?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(is_oldest_first, row.id)));
        let data = page.data.into_iter().map(QuotationSummary::new).collect::<Result<_, _>>()?;
        Ok::<_, Problem>(Reply::ok(&Page { data, next_cursor: page.next_cursor }))
    })
    .await
}

/// Read a quotation
///
/// Reads a quotation with its lines, sums, approvals and answer.
#[utoipa::path(operation_id = "quotations_get", tag = "quotations", security(("bearer" = ["billing:read"])),
    params(("id" = QuotationId, Path, description = "The quotation.")),
    responses((status = 200, description = "The quotation; its `ETag` is the version.", body = QuotationView)))]
#[get("/api/v1/quotations/{id}")]
pub async fn quotations_get(
    who: Authorized<ReadBilling>,
    id: Path<QuotationId>,
    db: Data<Db>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let row = store::find(tx, id.uuid())?;
        reply(tx, &quotations, row)
    })
    .await
}
