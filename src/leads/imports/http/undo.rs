//! Undoing an import.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, post};

use super::Imports;
use super::views::ImportView;
use crate::leads::contract::LeadsError;
use crate::leads::http::WriteLeads;
use crate::leads::imports::domain::ImportId;
use crate::leads::imports::{service, store};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Command, Empty, Reply, RequestContext};
use crate::platform::problem::Problem;

/// Undo an import
///
/// Takes back what an import did, in the background: leads that it brought are deleted, and leads that it changed get back
/// what they were. What somebody changed since stays, and is told in `undo.leads`. Possible for 30 days after its end.
#[utoipa::path(operation_id = "leads_undo_import", tag = "leads",
    params(("id" = ImportId, Path, description = "The import.")), request_body = Empty,
    security(("bearer" = ["leads:write"])),
    responses((status = 202, description = "It is being undone; follow `Location`.", body = ImportView)))]
#[post("/api/v1/leads/imports/{id}/undo")]
pub async fn leads_undo_import(
    who: Authorized<WriteLeads>,
    request: HttpRequest,
    id: Path<ImportId>,
    command: Command<Empty>,
    imports: Data<Imports>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    let language = RequestContext::of(&request).language();
    let reply = db
        .tenant(who.actor(), move |tx| {
            once.run(tx, |tx| {
                let row = service::ask_undo(tx, id)?;
                let reasons = store::reasons(tx, &[row.id])?;
                let location = format!("/api/v1/leads/imports/{id}");
                Ok::<_, LeadsError>(Reply::accepted(&ImportView::new(row, &reasons, language), location))
            })
        })
        .await?;
    imports.undo_signal().notify_one();
    Ok(reply)
}
