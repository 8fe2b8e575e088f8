//! Sending a quotation: the customer gets a link that nobody guesses.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;

use super::approvals::reasons;
use super::lines::{document_lines, quantities};
use super::{go, held};
use crate::billing::contract::events::QuotationSent;
use crate::billing::contract::{SalesError, Thing};
use crate::billing::inventory;
use crate::billing::quotations::domain::Status;
use crate::billing::quotations::store::{self, LinkRow, QuotationRow};
use crate::identity::People;
use crate::kernel::Message;
use crate::platform::auth::TenantId;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::problem::Problem;
use crate::platform::seal::Seal;

const TOKEN_BYTES: usize = 32;
const TOKEN_LENGTH: usize = 43;

/// How a quotation is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// Whether whoever sends it may approve for others.
    pub may_approve: bool,
    /// Whether its goods are reserved; its lots always are.
    pub reserves_stock: bool,
}

/// Sends a draft that still has the version `expected`, if one is given: from now on the customer can answer it.
pub fn send(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    seal: &Seal,
    id: Uuid,
    expected: Option<i32>,
    how: Sending,
) -> Result<QuotationRow, SalesError> {
    let mut row = held(tx, id, expected)?;
    go(tx, &mut row, Status::Pending)?;
    if row.line_count == 0 {
        return Err(refused_empty().into());
    }
    if row.valid_until <= tx.now() {
        return Err(refused_late().into());
    }
    let reasons = reasons(tx, people, &row, how.may_approve)?;
    if !reasons.is_empty() && !row.is_approved() {
        return Err(Problem::conflict(
            "quotation-needs-approval",
            Message::new(
                "A colleague has to approve this offer first; request it",
                "Un colega debe autorizar esta oferta antes; pídalo",
            ),
        )
        .member("reasons", json!(reasons))
        .into());
    }
    store::save(tx, &row)?;
    let lines = document_lines(tx, id)?;
    let mut wanted = inventory::demand(tx, &quantities(&lines))?;
    if !how.reserves_stock {
        wanted.goods.clear();
    }
    inventory::reserve(tx, id, row.customer_id, row.warehouse_id, &wanted, row.valid_until)?;
    let mut token = [0_u8; TOKEN_BYTES];
    rand::fill(&mut token).map_err(|_| Problem::internal())?;
    let sealed = seal.close(&place(&row), token.to_vec()).map_err(|_| Problem::internal())?;
    let link = LinkRow {
        tenant_id: row.tenant_id,
        quotation_id: row.id,
        token_hash: hash(&token),
        token_sealed: sealed,
        created_at: tx.now(),
    };
    store::insert_link(tx, &link)?;
    let told = QuotationSent {
        quotation_id: row.id.into(),
        folio: row.folio,
        customer_id: row.customer_id.into(),
        total: row.total()?,
        valid_until: row.valid_until,
    };
    tx.emit(row.id, row.version, &told);
    Ok(row)
}

/// The token of a quotation's link; none before it was sent, and under another secret of the server.
pub fn token(tx: &mut TenantTx<'_>, seal: &Seal, row: &QuotationRow) -> Result<Option<String>, SalesError> {
    let Some(link) = store::link(tx, row.id)? else { return Ok(None) };
    Ok(seal.open(&place(row), &link.token_sealed).map(|token| URL_SAFE_NO_PAD.encode(token)))
}

/// Whose quotation the link with this token shows.
pub fn find_by_token(tx: &mut SystemTx<'_>, token: &str) -> Result<(TenantId, Uuid), SalesError> {
    // Anything may stand in an address.
    let bytes = Some(token).filter(|token| token.len() == TOKEN_LENGTH);
    let bytes = bytes.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
    let found = match bytes {
        Some(bytes) => store::find_by_token(tx, &hash(&bytes))?,
        None => None,
    };
    found.ok_or(SalesError::NotFound(Thing::Quotation))
}

fn hash(token: &[u8]) -> Vec<u8> {
    digest(&SHA256, token).as_ref().to_vec()
}

/// What a sealed token is bound to: in another row it does not open.
fn place(row: &QuotationRow) -> Vec<u8> {
    [*row.tenant_id.as_bytes(), *row.id.as_bytes()].concat()
}

fn refused_empty() -> Problem {
    Problem::conflict(
        "quotation-empty",
        Message::new(
            "The quotation has no lines; write some",
            "La cotización no tiene renglones; escriba alguno",
        ),
    )
}

fn refused_late() -> Problem {
    Problem::conflict(
        "quotation-late",
        Message::new(
            "Its time is over already; change `valid_until`",
            "Su vigencia ya terminó; cambie `valid_until`",
        ),
    )
}
