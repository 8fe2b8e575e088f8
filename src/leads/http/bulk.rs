//! Many leads at once.

use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::filter::LeadFilter;
use super::{PeopleData, WriteLeads};
use crate::kernel::{FieldSet, Invalid, Language, Line, Prose};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{BulkAction, Status};
use crate::leads::service::{self, BulkMode, BulkOutcome, Chosen, LEADS_AT_ONCE};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::fields::conditions;
use crate::platform::http::{Command, Cursor, Fields, Reply, RequestContext};
use crate::platform::problem::{FieldError, Problem};

/// What to do to which leads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lead_ids": ["0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11"], "action": "assign",
    "owner_id": "0199f3a2-0001-7d40-9b1f-3f6f0a6b2c11", "dry_run": true
}))]
pub struct BulkRequest {
    /// These leads, at most 500; either this or `filter`.
    #[schema(max_items = 500, min_items = 1)]
    lead_ids: Option<Vec<LeadId>>,
    /// The leads that it leaves, 500 a request.
    filter: Option<LeadFilter>,
    /// What is done.
    action: BulkVerb,
    /// Who gets them, of `assign`.
    owner_id: Option<UserId>,
    /// Which tags, of `add_tags` and `remove_tags`.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50)]
    tags: Option<Vec<String>>,
    /// The state to move to, of `status`.
    status: Option<Status>,
    /// Why they are given up, of `status`.
    #[schema(value_type = Option<Prose<1000>>)]
    reason: Option<String>,
    /// Only count: nothing is written.
    dry_run: Option<bool>,
    /// The `next_cursor` of the request before, to go on with the same filter.
    cursor: Option<String>,
}

/// What is done to each lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkVerb {
    /// It is given to `owner_id`.
    Assign,
    /// It gets `tags` too.
    AddTags,
    /// It loses `tags`.
    RemoveTags,
    /// It moves to `status`.
    Status,
    /// It is deleted with its contacts and activities.
    Delete,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "dry_run": true, "matched": 42, "changed": 40, "unchanged": 1,
    "refused": [{ "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "reason": "it would have more than 50 tags" }],
    "next_cursor": null
}))]
pub struct BulkView {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Leads that were looked at.
    pub matched: usize,
    /// Leads that changed, or would.
    pub changed: usize,
    /// Leads that were as they would be.
    pub unchanged: usize,
    /// Leads that may not.
    pub refused: Vec<RefusedView>,
    /// Send it as `cursor` to go on; null when all leads are done.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A lead that was left as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedView {
    /// The lead.
    pub lead_id: LeadId,
    /// Why, in the language asked for.
    pub reason: String,
}

/// Change many leads
///
/// Assigns, tags, moves or deletes the leads that are named or that a filter leaves, at most 500 a request; with `dry_run`
/// only counts them. Each lead's event is emitted as if it had been changed by itself. Leads that may not be changed are
/// told with the reason, and the others are changed all the same.
#[utoipa::path(operation_id = "leads_bulk", tag = "leads", security(("bearer" = ["leads:write"])), request_body = BulkRequest,
    responses((status = 200, description = "Counts and refusals.", body = BulkView)))]
#[post("/api/v1/leads/bulk")]
pub async fn leads_bulk(
    who: Authorized<WriteLeads>,
    request: actix_web::HttpRequest,
    command: Command<BulkRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let language = RequestContext::of(&request).language();
    let (mut body, once) = (command.value, command.once);
    let action = body.action()?;
    let mode = if body.dry_run.unwrap_or_default() { BulkMode::DryRun } else { BulkMode::Real };
    let conditions_said = body.conditions();
    let mut chosen = body.chosen()?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            if let Chosen::Matching(filter, _) = &mut chosen {
                let fields =
                    if conditions_said.is_empty() { FieldSet::default() } else { service::definitions(tx)? };
                filter.fields = conditions(&fields, &conditions_said)?;
                // Everything is said by naming what all have in common, such as a score of 0 or more.
                if filter.is_empty() {
                    let reason = Invalid::new("needs a condition", "necesita una condición");
                    return Err(Problem::invalid(vec![FieldError::at("/filter", reason)]).into());
                }
            }
            let outcome = service::bulk(tx, &**people, &chosen, &action, mode)?;
            Ok::<_, LeadsError>(Reply::ok(&view(outcome, mode, language)))
        })
    })
    .await
}

impl BulkRequest {
    fn action(&self) -> Result<BulkAction, Problem> {
        let mut fields = Fields::default();
        let missing = || Invalid::new("is missing for this action", "falta para esta acción");
        let mut tags = Vec::new();
        for (index, tag) in self.tags.iter().flatten().take(50).enumerate() {
            tags.extend(fields.take(&format!("/tags/{index}"), Line::parse(tag)));
        }
        let reason = fields.take_optional("/reason", self.reason.as_deref(), Prose::<1000>::parse);
        let needs_tags = matches!(self.action, BulkVerb::AddTags | BulkVerb::RemoveTags);
        if needs_tags && !(1..=50).contains(&self.tags.iter().flatten().count()) {
            fields.refuse("/tags", Invalid::new("must be 1 to 50 tags", "deben ser de 1 a 50 etiquetas"));
        }
        let action = match self.action {
            BulkVerb::Assign => self.owner_id.map(BulkAction::Assign).ok_or("/owner_id"),
            BulkVerb::AddTags => Ok(BulkAction::AddTags(tags)),
            BulkVerb::RemoveTags => Ok(BulkAction::RemoveTags(tags)),
            BulkVerb::Status => {
                let reason = reason.map(|reason| reason.to_string());
                self.status.map(|status| BulkAction::Status(status, reason)).ok_or("/status")
            }
            BulkVerb::Delete => Ok(BulkAction::Delete),
        };
        match action {
            Ok(action) => fields.finish().map(|()| action),
            Err(pointer) => {
                fields.refuse(pointer, missing());
                fields.finish().and(Err(Problem::internal()))
            }
        }
    }

    fn conditions(&mut self) -> Vec<(String, String)> {
        self.filter.as_mut().map(LeadFilter::take_conditions).unwrap_or_default()
    }

    fn chosen(self) -> Result<Chosen, Problem> {
        let refuse = |pointer: &str, reason| Err(Problem::invalid(vec![FieldError::at(pointer, reason)]));
        match (self.lead_ids, self.filter) {
            (Some(ids), None) if (1..=LEADS_AT_ONCE).contains(&ids.len()) => Ok(Chosen::These(ids)),
            (Some(_), None) => {
                refuse("/lead_ids", Invalid::new("must be 1 to 500 leads", "deben ser de 1 a 500 prospectos"))
            }
            (None, Some(filter)) => {
                let behind = self.cursor.as_deref().map(Cursor::read::<Uuid>).transpose()?;
                Ok(Chosen::Matching(Box::new(filter.parse()?), behind))
            }
            _ => refuse(
                "/lead_ids",
                Invalid::new("give either `lead_ids` or `filter`", "dé `lead_ids` o `filter`, solo uno"),
            ),
        }
    }
}

fn view(outcome: BulkOutcome, mode: BulkMode, language: Language) -> BulkView {
    let refused = outcome
        .refused
        .into_iter()
        .map(|(lead_id, reason)| RefusedView { lead_id, reason: reason.in_language(language).to_owned() });
    BulkView {
        dry_run: mode == BulkMode::DryRun,
        matched: outcome.matched,
        changed: outcome.changed,
        unchanged: outcome.unchanged,
        refused: refused.collect(),
        next_cursor: outcome.next.as_ref().map(Cursor::write),
    }
}
