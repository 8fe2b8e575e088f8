//! What a quotation said before, and what changed.

use actix_web::get;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::document_example;
use crate::billing::contract::QuotationId;
use crate::billing::http::ReadBilling;
use crate::billing::quotations::domain::{Comparison, Content};
use crate::billing::quotations::service;
use crate::billing::quotations::store::{self, VersionRow};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Cursor, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Which part of the versions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which versions are compared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The number of the one; the one before `to` when not said.
    #[param(minimum = 1)]
    from: Option<i32>,
    /// The number of the other; the last one when not said.
    #[param(minimum = 1)]
    to: Option<i32>,
}

/// What a quotation said at some time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotationVersionView, example = json!(version_example()))]
pub struct VersionView {
    /// 1 for the first.
    number: i32,
    /// What it said.
    #[schema(value_type = Content)]
    document: Value,
    /// Who wrote it; null for the platform.
    #[schema(required)]
    created_by: Option<Uuid>,
    /// When.
    created_at: DateTime<Utc>,
}

/// List versions
///
/// Lists everything that a quotation ever said, the newest first.
#[utoipa::path(operation_id = "quotations_versions", tag = "quotations", security(("bearer" = ["billing:read"])),
    params(("id" = QuotationId, Path, description = "The quotation."), VersionsQuery),
    responses((status = 200, description = "A page of versions.", body = Page<VersionView>)))]
#[get("/api/v1/quotations/{id}/versions")]
pub async fn quotations_versions(
    who: Authorized<ReadBilling>,
    id: Path<QuotationId>,
    query: Query<VersionsQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, query) = (id.into_inner(), query.0);
    let limit = query.limit.unwrap_or_default();
    let behind = query.cursor.as_deref().map(Cursor::read::<i32>).transpose()?;
    db.read(who.actor(), move |tx| {
        let row = store::find(tx, id.uuid())?;
        let rows = store::versions(tx, row.id, behind, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&row.number));
        Ok::<_, Problem>(Reply::ok(&page.map(VersionView::from)))
    })
    .await
}

/// Read a version
///
/// Reads what a quotation said at some time.
#[utoipa::path(operation_id = "quotations_version", tag = "quotations", security(("bearer" = ["billing:read"])),
    params(("id" = QuotationId, Path, description = "The quotation."),
        ("number" = i32, Path, description = "The version's number.")),
    responses((status = 200, description = "The version.", body = VersionView)))]
#[get("/api/v1/quotations/{id}/versions/{number}")]
pub async fn quotations_version(
    who: Authorized<ReadBilling>,
    path: Path<(QuotationId, i32)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    db.read(who.actor(), move |tx| {
        let row = store::find(tx, id.uuid())?;
        Ok::<_, Problem>(Reply::ok(&VersionView::from(store::version(tx, row.id, number)?)))
    })
    .await
}

/// Compare versions
///
/// Tells what is different in two versions of a quotation: in its lines, and besides. Lines of the same product, or else of the
/// same description, are the same line.
#[utoipa::path(operation_id = "quotations_compare", tag = "quotations", security(("bearer" = ["billing:read"])),
    params(("id" = QuotationId, Path, description = "The quotation."), CompareQuery),
    responses((status = 200, description = "What is different.", body = Comparison)))]
#[get("/api/v1/quotations/{id}/compare")]
pub async fn quotations_compare(
    who: Authorized<ReadBilling>,
    id: Path<QuotationId>,
    query: Query<CompareQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, CompareQuery { from, to }) = (id.into_inner(), query.0);
    db.read(who.actor(), move |tx| {
        let comparison = service::compare_versions(tx, id.uuid(), from, to)?;
        Ok::<_, Problem>(Reply::ok(&comparison))
    })
    .await
}

impl From<VersionRow> for VersionView {
    fn from(row: VersionRow) -> Self {
        let VersionRow { number, content, created_by, created_at, .. } = row;
        Self { number, document: content, created_by, created_at }
    }
}

fn version_example() -> Value {
    json!({
        "number": 1, "document": document_example(), "created_by": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12",
        "created_at": "2026-01-05T15:00:00Z"
    })
}
