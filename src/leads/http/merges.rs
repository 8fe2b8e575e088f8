//! Leads that may be the same one, and how two become one.

use actix_web::web::{Data, Path};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::LeadView;
use super::{ReadLeads, WriteLeads};
use crate::kernel::{EmailAddress, Phone};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{Choices, LikenessKind, Status};
use crate::leads::service::{self, Merge, Pair, UNDO_FOR};
use crate::leads::store::{MergeRow, Row, Shared};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Cursor, Empty, IfMatch, Page, PageLimit, Query, Reply};
use crate::platform::problem::Problem;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Two leads that may be the same one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "lead": { "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "company_name": "Sastrería Nájera", "contact_name": null,
        "email": "ines@najera.mx", "phone": null, "status": "new", "version": 1, "created_at": "2026-11-22T18:00:00Z" },
    "other": { "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "company_name": "NAJERA SASTRERIA SA DE CV",
        "contact_name": null, "email": "ines+web@najera.mx", "phone": null, "status": "new", "version": 1,
        "created_at": "2026-11-22T18:05:00Z" },
    "reasons": [{ "kind": "email", "value": "ines@najera.mx" }]
}))]
pub struct DuplicateView {
    /// The older lead.
    pub lead: BriefView,
    /// The newer one.
    pub other: BriefView,
    /// What they have in common.
    pub reasons: Vec<LikenessView>,
}

/// What two leads have in common.
#[derive(Debug, Serialize, ToSchema)]
pub struct LikenessView {
    /// The kind.
    pub kind: LikenessKind,
    /// The value as it is compared.
    pub value: String,
}

/// A lead in a few words.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefView {
    /// The lead.
    pub id: Uuid,
    /// The company.
    pub company_name: String,
    /// The person to speak to.
    #[schema(required)]
    pub contact_name: Option<String>,
    /// Their e-mail address.
    #[schema(required, value_type = Option<EmailAddress>)]
    pub email: Option<String>,
    /// Their phone in E.164.
    #[schema(required, value_type = Option<Phone>)]
    pub phone: Option<String>,
    /// Where it stands.
    #[schema(value_type = Status)]
    pub status: String,
    /// Its version, for the merge.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// What to merge, and which field is whose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "other_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "choices": { "phone": "other", "custom_fields.giro": "this" }
}))]
pub struct MergeRequest {
    /// The lead that goes into this one.
    other_id: LeadId,
    /// By field (`company_name`, `contact_name`, `email`, `phone`, `website`, `industry`, `employee_count`,
    /// `annual_revenue`, `source`, `tags`, `notes`, `consent`, `owner_id`, `next_follow_up_at`, `custom_fields.<key>`): `this` or
    /// `other`. What is not said is this lead's, or the other's where this one has none; tags are those of both.
    #[schema(value_type = Object)]
    choices: Option<Choices>,
    /// The version of the other lead that was read; any when not said.
    #[schema(minimum = 1)]
    other_version: Option<i32>,
}

/// A merge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13", "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11",
    "other_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12", "user_id": null, "merged_at": "2026-11-22T18:10:00Z",
    "undo_until": "2026-12-22T18:10:00Z", "undone_at": null
}))]
pub struct MergeView {
    /// The merge's identifier.
    pub id: Uuid,
    /// The lead that stayed.
    pub lead_id: Uuid,
    /// The lead that went into it.
    pub other_id: Uuid,
    /// Who merged them.
    #[schema(required)]
    pub user_id: Option<Uuid>,
    /// When.
    pub merged_at: DateTime<Utc>,
    /// Until when it can be undone.
    pub undo_until: DateTime<Utc>,
    /// When it was undone.
    #[schema(required)]
    pub undone_at: Option<DateTime<Utc>>,
}

/// A merge and the lead that came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedView {
    /// The merge.
    pub merge: MergeView,
    /// The lead as it is now.
    pub lead: LeadView,
}

/// Two leads that were one.
#[derive(Debug, Serialize, ToSchema)]
pub struct UndoneView {
    /// The lead that had stayed.
    pub lead: LeadView,
    /// The lead that is there again.
    pub other: LeadView,
}

/// Suggest duplicates
///
/// Lists pairs of leads that may be the same one, with what they have in common: an e-mail address or phone in another
/// shape or of a contact, or the company's name and place. A new or changed lead comes in within moments. A page may
/// hold fewer pairs than asked for; go on while there is a `next_cursor`.
#[utoipa::path(operation_id = "leads_duplicates", tag = "leads", params(PageQuery), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of pairs.", body = Page<DuplicateView>)))]
#[get("/api/v1/leads/duplicates")]
pub async fn leads_duplicates(
    who: Authorized<ReadLeads>,
    query: Query<PageQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit.unwrap_or_default();
    let place = query.0.cursor.as_deref().map(Cursor::read::<Shared>).transpose()?;
    if place.as_ref().is_some_and(|place| place.key.contains('\0')) {
        return Err(Cursor::refused());
    }
    db.read(who.actor(), move |tx| {
        let (pairs, next) = service::duplicates(tx, place, limit)?;
        let data = pairs.into_iter().map(DuplicateView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page { data, next_cursor: next.as_ref().map(Cursor::write) }))
    })
    .await
}

/// Merge two leads
///
/// Merges another lead into this one. Contacts, activities, tags and custom fields of both are kept; a person whose e-mail
/// address or phone is not chosen becomes a contact. The other lead is gone until the merge is undone. Where both have more than
/// 50 tags or 100 custom fields together, `choices` must say which stay.
#[utoipa::path(operation_id = "leads_merge", tag = "leads", security(("bearer" = ["leads:write"])),
    params(("id" = LeadId, Path, description = "The lead that stays."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = MergeRequest,
    responses((status = 200, description = "The merge and the lead as it is now.", body = MergedView),
        (status = 409, description = "One of both is converted.")))]
#[post("/api/v1/leads/{id}/merge")]
pub async fn leads_merge(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<MergeRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    let MergeRequest { other_id, choices, other_version } = command.value;
    let merge =
        Merge { other: other_id, choices: choices.unwrap_or_default(), version: version.0, other_version };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (merge, row) = service::merge(tx, id, &merge)?;
            let version = row.version;
            let view = MergedView { merge: merge.into(), lead: row.into() };
            Ok::<_, LeadsError>(Reply::ok(&view).version(version))
        })
    })
    .await
}

/// List merges
///
/// Lists the merges of the last 30 days, newest first.
#[utoipa::path(operation_id = "leads_list_merges", tag = "leads", params(PageQuery), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "A page of merges.", body = Page<MergeView>)))]
#[get("/api/v1/leads/merges")]
pub async fn leads_list_merges(
    who: Authorized<ReadLeads>,
    query: Query<PageQuery>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let limit = query.0.limit.unwrap_or_default();
    let place = query.0.cursor.as_deref().map(Cursor::read_time).transpose()?;
    db.read(who.actor(), move |tx| {
        let rows = service::merges(tx, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.merged_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(MergeView::from)))
    })
    .await
}

/// Undo a merge
///
/// Makes two leads of one again, within 30 days: fields, contacts and activities are where they were. What was changed in
/// the lead since the merge stays changed.
#[utoipa::path(operation_id = "leads_undo_merge", tag = "leads", security(("bearer" = ["leads:write"])),
    params(("id" = Uuid, Path, description = "The merge.")), request_body = Empty,
    responses((status = 200, description = "Both leads as they are now.", body = UndoneView),
        (status = 409, description = "It was undone before, is too old, or the lead is gone.")))]
#[post("/api/v1/leads/merges/{id}/undo")]
pub async fn leads_undo_merge(
    who: Authorized<WriteLeads>,
    id: Path<Uuid>,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let (row, other) = service::undo_merge(tx, id)?;
            Ok::<_, LeadsError>(Reply::ok(&UndoneView { lead: row.into(), other: other.into() }))
        })
    })
    .await
}

impl From<Pair> for DuplicateView {
    fn from(pair: Pair) -> Self {
        let reason = |(kind, key): (LikenessKind, String)| {
            let value = key.trim_end_matches('|').replace('|', ", ");
            LikenessView { kind, value }
        };
        let reasons = pair.reasons.into_iter().map(reason).collect();
        Self { lead: pair.lead.into(), other: pair.other.into(), reasons }
    }
}

impl From<Row> for BriefView {
    fn from(row: Row) -> Self {
        let Row { id, company_name, contact_name, email, phone, status, version, created_at, .. } = row;
        Self { id, company_name, contact_name, email, phone, status, version, created_at }
    }
}

impl From<MergeRow> for MergeView {
    fn from(row: MergeRow) -> Self {
        Self {
            id: row.id,
            lead_id: row.lead_id,
            other_id: row.other_id,
            user_id: row.merged_by,
            merged_at: row.merged_at,
            undo_until: row.merged_at + UNDO_FOR,
            undone_at: row.undone_at,
        }
    }
}
