//! What everybody may do who has a quotation's link: see it and answer it, once.

use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::PublicQuotation;
use crate::billing::quotations::Quotations;
use crate::billing::quotations::door::open;
use crate::billing::quotations::service::{self, Proof};
use crate::kernel::{Invalid, Line, Prose};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Command, Reply, RequestContext, client_address};
use crate::platform::limits::Limits;
use crate::platform::problem::{FieldError, Problem};

/// Characters of a program's name that are kept.
const USER_AGENT_KEPT: usize = 300;

/// `accept` or `reject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = QuotationAnswerChoice)]
enum AnswerChoice {
    Accept,
    Reject,
}

/// The customer's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotationAnswerRequest, example = json!({ "answer": "accept", "name": "Inés Nájera", "revision": 1 }))]
pub struct AnswerRequest {
    /// Whether you accept it.
    answer: AnswerChoice,
    /// Your name; needed to accept.
    name: Option<Line<200>>,
    /// Why; needed to reject.
    reason: Option<Prose<2000>>,
    /// The number of the version that you saw; refused when it is another one by now.
    revision: Option<i32>,
}

/// Show a quotation to its customer
///
/// Shows a quotation to whoever has its link.
#[utoipa::path(operation_id = "quotations_show", tag = "quotations",
    params(("token" = String, Path, description = "What the link ends with.")),
    responses((status = 200, description = "The quotation.", body = PublicQuotation)))]
#[get("/api/v1/public/quotations/{token}")]
pub async fn quotations_show(
    request: HttpRequest,
    token: Path<String>,
    db: Data<Db>,
    limits: Data<Limits>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    quotations.limit(&request, &limits)?;
    let (actor, id) = open(&db, &token, RequestContext::of(&request).correlation().clone()).await?;
    db.read(actor, move |tx| reply(tx, id)).await
}

/// Answer a quotation
///
/// Accepts or rejects a quotation that is `PENDING`, once: of those who answer at once one wins, the others get 409. Kept as a
/// proof: your name, the time, your address and program, and the SHA-256 of the document. Accepted, it is `SOLD`;
/// rejected, it is `CANCELLED`.
#[utoipa::path(operation_id = "quotations_answer", tag = "quotations",
    params(("token" = String, Path, description = "What the link ends with.")), request_body = AnswerRequest,
    responses((status = 200, description = "The quotation as it is now.", body = PublicQuotation),
        (status = 409, description = "It is not `PENDING`, says something else by now, or what it takes cannot be had.")))]
#[post("/api/v1/public/quotations/{token}")]
pub async fn quotations_answer(
    request: HttpRequest,
    token: Path<String>,
    command: Command<AnswerRequest>,
    db: Data<Db>,
    limits: Data<Limits>,
    quotations: Data<Quotations>,
) -> Result<Reply, Problem> {
    quotations.limit(&request, &limits)?;
    let (actor, id) = open(&db, &token, RequestContext::of(&request).correlation().clone()).await?;
    let (answer, once) = (command.value, command.once);
    let choice = answer.answer;
    let proof = answer.proof(&request)?;
    db.tenant(actor, move |tx| {
        once.run(tx, |tx| {
            match choice {
                AnswerChoice::Accept => service::accept(tx, id, None, &proof)?,
                AnswerChoice::Reject => service::reject(tx, id, &proof)?,
            };
            reply(tx, id)
        })
    })
    .await
}

fn reply(tx: &mut TenantTx<'_>, id: uuid::Uuid) -> Result<Reply, Problem> {
    let (whole, now) = (service::shown(tx, id)?, tx.now());
    Ok(Reply::ok(&PublicQuotation::new(whole, now)?))
}

impl AnswerRequest {
    /// What proves the answer; 422 where it lacks what it needs.
    fn proof(self, request: &HttpRequest) -> Result<Proof, Problem> {
        let missing = match self.answer {
            AnswerChoice::Accept if self.name.is_none() => Some("/name"),
            AnswerChoice::Reject if self.reason.is_none() => Some("/reason"),
            _ => None,
        };
        if let Some(pointer) = missing {
            let reason = Invalid::new("is needed for this answer", "hace falta para esta respuesta");
            return Err(Problem::invalid(vec![FieldError::at(pointer, reason)]));
        }
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Proof {
            seen: self.revision,
            name: self.name,
            reason: self.reason,
            address: client_address(request).map(|address| address.to_string()),
            user_agent: agent.map(|agent| agent.chars().take(USER_AGENT_KEPT).collect()),
        })
    }
}
