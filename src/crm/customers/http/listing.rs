//! Lists of customers, and counts.

use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::ReadCustomers;
use super::views::{CustomerStatusCounts, CustomerSummaryView, CustomerView};
use crate::crm::contract::CustomerKind;
use crate::crm::customers::domain::Status;
use crate::crm::customers::service;
use crate::crm::customers::store::{Filter, Place, Sort, SortKey};
use crate::kernel::{FieldSet, Invalid};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::{FieldOrder, conditions};
use crate::platform::http::{
    Cursor, Direction, Moment, Page, PageLimit, QueryWithFields, Reply, RequestContext, search_patterns,
};
use crate::platform::problem::{FieldError, Problem};

/// Which customers, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// In this state.
    #[param(inline)]
    status: Option<Status>,
    /// Companies or people.
    #[param(inline)]
    kind: Option<CustomerKind>,
    /// Of this owner.
    owner_id: Option<Uuid>,
    /// Right below this account.
    parent_id: Option<Uuid>,
    /// That this lead became.
    lead_id: Option<Uuid>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// With this tag.
    tag: Option<String>,
    /// With this health score or more.
    health_min: Option<i32>,
    /// With this health score or less.
    health_max: Option<i32>,
    /// Created at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_from: Option<Moment>,
    /// Created before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    created_to: Option<Moment>,
    /// Changed at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    updated_from: Option<Moment>,
    /// Changed before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    updated_to: Option<Moment>,
    /// `true` lists the archive instead of all others.
    archived: Option<bool>,
    /// Words in the names, the tax identifier or the e-mail, or digits of the phone; accents and capitals do not matter.
    #[param(max_length = 100)]
    q: Option<String>,
    /// `created_at`, `updated_at`, `trade_name`, `health_score` or `field.<key>`; `-` before it turns it round.
    #[param(pattern = "^-?(created_at|updated_at|trade_name|health_score|field\\.[a-z0-9][a-z0-9_]{0,59})$")]
    sort: Option<String>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List customers
///
/// Lists customers, newest first when no order is given, without those in the archive.
///
/// Each field that your company defined is a filter too: `field.<key>=<value>`, and of numbers and dates
/// `field.<key>.from` (included) and `field.<key>.to` (excluded). A field that is not defined is 422. In an order by a field,
/// customers without one have no place.
#[utoipa::path(operation_id = "customers_list", tag = "customers", params(ListQuery),
    security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "A page of customers.", body = Page<CustomerView>)))]
#[get("/api/v1/customers")]
pub async fn customers_list(
    who: Authorized<ReadCustomers>,
    query: QueryWithFields<ListQuery>,
    request: HttpRequest,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let QueryWithFields(query, parameters) = query;
    let (limit, language) = (query.limit.unwrap_or_default(), RequestContext::of(&request).language());
    let order = query.sort.clone();
    let place = query.cursor.as_deref().map(Cursor::read::<Place>).transpose()?;
    let mut filter = query.filter()?;
    let needs_fields =
        !parameters.is_empty() || order.as_deref().is_some_and(|order| order.contains("field."));
    db.read(who.actor(), move |tx| {
        let fields = if needs_fields { service::definitions(tx)? } else { FieldSet::default() };
        filter.fields = conditions(&fields, &parameters)?;
        let sort = sort(order.as_deref(), &fields)
            .map_err(|reason| Problem::invalid(vec![FieldError::parameter("sort", reason)]))?;
        if place.as_ref().is_some_and(|place| !place.fits(&sort)) {
            return Err(Cursor::refused());
        }
        let page = service::list(tx, &filter, &sort, place, limit)?;
        Ok::<_, Problem>(Reply::ok(&page.map(|row| CustomerView::new(row, language))))
    })
    .await
}

/// Count customers
///
/// Counts customers by state, those at risk, and those in the archive.
#[utoipa::path(operation_id = "customers_summary", tag = "customers", security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "The counts.", body = CustomerSummaryView)))]
#[get("/api/v1/customers/summary")]
pub async fn customers_summary(who: Authorized<ReadCustomers>, db: Data<Db>) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| {
        let counts = service::summary(tx)?;
        let mut by_status = CustomerStatusCounts::default();
        for (status, count) in &counts.by_status {
            match Status::parse(status) {
                Some(Status::Active) => by_status.active = *count,
                Some(Status::Churned) => by_status.churned = *count,
                None => {}
            }
        }
        let total = by_status.active + by_status.churned;
        let (at_risk, archived) = (counts.at_risk, counts.archived);
        Ok::<_, Problem>(Reply::ok(&CustomerSummaryView { total, by_status, at_risk, archived }))
    })
    .await
}

impl ListQuery {
    fn filter(self) -> Result<Filter, Problem> {
        let at = |moment: Option<Moment>| moment.map(Moment::utc);
        Ok(Filter {
            status: self.status,
            kind: self.kind,
            owner: self.owner_id,
            parent: self.parent_id,
            lead: self.lead_id,
            import: self.import_id,
            tag: self.tag,
            health: (self.health_min, self.health_max),
            created: (at(self.created_from), at(self.created_to)),
            updated: (at(self.updated_from), at(self.updated_to)),
            archived: self.archived.unwrap_or_default(),
            patterns: self.q.as_deref().map(search_patterns).transpose()?,
            fields: Vec::new(),
        })
    }
}

/// The order that `text` names.
pub fn sort(text: Option<&str>, fields: &FieldSet) -> Result<Sort, Invalid> {
    let text = text.unwrap_or("-created_at");
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    let key = match name {
        "created_at" => SortKey::CreatedAt,
        "updated_at" => SortKey::UpdatedAt,
        "trade_name" => SortKey::TradeName,
        "health_score" => SortKey::Health,
        _ => {
            let field = name.strip_prefix("field.").and_then(|key| fields.get(key));
            if let Some(field) = field.filter(|field| field.kind.is_single()) {
                return Ok(Sort { key: SortKey::Field(FieldOrder::by(field)), direction });
            }
            return Err(Invalid::new(
                "must be created_at, updated_at, trade_name, health_score or field.<key> of a defined field that is not multi_choice, with - before it to turn it round",
                "debe ser created_at, updated_at, trade_name, health_score o field.<clave> de un campo definido que no sea multi_choice, con - delante para invertirlo",
            ));
        }
    };
    Ok(Sort { key, direction })
}
