//! Lists of leads, and counts.

use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::ReadLeads;
use super::views::{LeadView, StatusCounts, SummaryView};
use crate::kernel::{FieldSet, Invalid};
use crate::leads::domain::Status;
use crate::leads::service::{self, Summary};
use crate::leads::store::{Filter, Place, Sort, SortKey};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::fields::{FieldOrder, conditions};
use crate::platform::http::{
    Cursor, Direction, Moment, Page, PageLimit, QueryWithFields, Reply, search_patterns,
};
use crate::platform::problem::{FieldError, Problem};

/// Which leads, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// In this state.
    #[param(inline)]
    status: Option<Status>,
    /// Of this owner.
    owner_id: Option<Uuid>,
    /// From this source.
    source: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Brought by this import.
    import_id: Option<Uuid>,
    /// With this score or more.
    score_min: Option<i32>,
    /// With this score or less.
    score_max: Option<i32>,
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
    /// With a follow-up at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    follow_up_from: Option<Moment>,
    /// With a follow-up before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    follow_up_to: Option<Moment>,
    /// Marked as forgotten, or not.
    forgotten: Option<bool>,
    /// Words in the company, contact or e-mail, or digits of the phone; accents and capitals do not matter.
    #[param(max_length = 100)]
    q: Option<String>,
    /// `created_at`, `updated_at`, `score`, `company_name`, `next_follow_up_at` or `field.<key>`; `-` before it turns it round.
    #[param(
        pattern = "^-?(created_at|updated_at|score|company_name|next_follow_up_at|field\\.[a-z0-9][a-z0-9_]{0,59})$"
    )]
    sort: Option<String>,
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List leads
///
/// Lists leads, newest first when no order is given.
///
/// Each field that your company defined is a filter too: `field.<key>=<value>`, and of numbers and dates
/// `field.<key>.from` (included) and `field.<key>.to` (excluded). A field that is not defined is 422. In an order by a field
/// or by `next_follow_up_at`, leads without one have no place.
#[utoipa::path(operation_id = "leads_list", tag = "leads", params(ListQuery),
    security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of leads.", body = Page<LeadView>)))]
#[get("/api/v1/leads")]
pub async fn leads_list(
    who: Authorized<ReadLeads>,
    query: QueryWithFields<ListQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let QueryWithFields(query, parameters) = query;
    let limit = query.limit.unwrap_or_default();
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
        Ok::<_, Problem>(Reply::ok(&page.map(LeadView::from)))
    })
    .await
}

/// Count leads
///
/// Counts leads by state, and those that need attention.
#[utoipa::path(operation_id = "leads_summary", tag = "leads",
    security(("bearer" = ["leads:read"])), responses((status = 200, description = "The counts.", body = SummaryView)))]
#[get("/api/v1/leads/summary")]
pub async fn leads_summary(who: Authorized<ReadLeads>, db: Data<Db>) -> Result<Reply, Problem> {
    db.read(who.actor(), |tx| {
        let Summary { by_status: counts, forgotten, follow_ups_due } = service::summary(tx)?;
        let mut by_status = StatusCounts::default();
        for (status, count) in &counts {
            match Status::parse(status) {
                Some(Status::New) => by_status.new = *count,
                Some(Status::Contacted) => by_status.contacted = *count,
                Some(Status::Qualified) => by_status.qualified = *count,
                Some(Status::Converted) => by_status.converted = *count,
                Some(Status::Disqualified) => by_status.disqualified = *count,
                None => {}
            }
        }
        let total = counts.iter().map(|(_, count)| count).sum();
        Ok::<_, Problem>(Reply::ok(&SummaryView { total, by_status, forgotten, follow_ups_due }))
    })
    .await
}

impl ListQuery {
    fn filter(self) -> Result<Filter, Problem> {
        let at = |moment: Option<Moment>| moment.map(Moment::utc);
        Ok(Filter {
            status: self.status,
            owner: self.owner_id,
            source: self.source,
            tag: self.tag,
            import: self.import_id,
            score: (self.score_min, self.score_max),
            created: (at(self.created_from), at(self.created_to)),
            updated: (at(self.updated_from), at(self.updated_to)),
            follow_up: (at(self.follow_up_from), at(self.follow_up_to)),
            forgotten: self.forgotten,
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
        "score" => SortKey::Score,
        "company_name" => SortKey::CompanyName,
        "next_follow_up_at" => SortKey::NextFollowUpAt,
        _ => {
            let field = name.strip_prefix("field.").and_then(|key| fields.get(key));
            if let Some(field) = field.filter(|field| field.kind.is_single()) {
                return Ok(Sort { key: SortKey::Field(FieldOrder::by(field)), direction });
            }
            return Err(Invalid::new(
                "must be created_at, updated_at, score, company_name, next_follow_up_at or field.<key> of a defined field that is not multi_choice, with - before it to turn it round",
                "debe ser created_at, updated_at, score, company_name, next_follow_up_at o field.<clave> de un campo definido que no sea multi_choice, con - delante para invertirlo",
            ));
        }
    };
    Ok(Sort { key, direction })
}
