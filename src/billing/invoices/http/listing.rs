//! Lists of invoices.

use actix_web::get;
use actix_web::web::Data;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::InvoiceSummary;
use crate::billing::contract::MoneyError;
use crate::billing::http::ReadBilling;
use crate::billing::invoices::domain::Standing;
use crate::billing::invoices::service;
use crate::billing::invoices::store::{self, Filter, Place, Sort, SortKey};
use crate::identity::People;
use crate::kernel::Currency;
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Moment, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Which invoices, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Standing there; `issued` are those that are not due yet.
    #[param(inline)]
    status: Option<Standing>,
    /// Of this customer.
    customer_id: Option<Uuid>,
    /// In this currency.
    #[param(inline)]
    currency: Option<Currency>,
    /// Made at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_from: Option<Moment>,
    /// Made before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_to: Option<Moment>,
    /// Due on this day or later.
    due_from: Option<NaiveDate>,
    /// Due on this day or before.
    due_to: Option<NaiveDate>,
    /// In which order; `-created_at` when not said. Drafts, which are not due, have no place in an order by `due_on`.
    #[param(inline)]
    sort: Option<Order>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// An order; `-` turns it round.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
enum Order {
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    #[serde(rename = "due_on")]
    DueOn,
    #[serde(rename = "-due_on")]
    DueOnDescending,
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        let (key, is_descending) = match order {
            Order::CreatedAt => (SortKey::CreatedAt, false),
            Order::CreatedAtDescending => (SortKey::CreatedAt, true),
            Order::DueOn => (SortKey::DueOn, false),
            Order::DueOnDescending => (SortKey::DueOn, true),
        };
        Self { key, is_descending }
    }
}

/// List invoices
///
/// Lists invoices, newest first when no order is given.
#[utoipa::path(operation_id = "invoices_list", tag = "invoices", params(ListQuery),
    security(("bearer" = ["billing:read"])),
    responses((status = 200, description = "A page of invoices.", body = Page<InvoiceSummary>)))]
#[get("/api/v1/invoices")]
pub async fn invoices_list(
    who: Authorized<ReadBilling>,
    query: Query<ListQuery>,
    db: Data<Db>,
    people: Data<dyn People>,
) -> Result<Reply, Problem> {
    let query = query.0;
    let limit = query.limit.unwrap_or_default();
    let sort = Sort::from(query.sort.unwrap_or(Order::CreatedAtDescending));
    let place = query.cursor.as_deref().map(Cursor::read::<Place>).transpose()?;
    if place.as_ref().is_some_and(|place| !place.fits(sort)) {
        return Err(Cursor::refused());
    }
    let filter = Filter {
        standing: query.status,
        customer: query.customer_id,
        currency: query.currency.map(|currency| currency.as_str().to_owned()),
        created: (query.created_from.map(Moment::utc), query.created_to.map(Moment::utc)),
        due: (query.due_from, query.due_to),
    };
    Ok(db
        .read(who.actor(), move |tx| {
            let today = service::today(tx, &**people)?;
            let rows = store::list(tx, &filter, sort, place, limit, today)?;
            let Page { data, next_cursor } = Page::cut(rows, limit, |row| Place::behind(sort, row));
            let data = data.into_iter().map(|row| InvoiceSummary::new(row, today));
            let data = data.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, MoneyError>(Reply::ok(&Page { data, next_cursor }))
        })
        .await?)
}
