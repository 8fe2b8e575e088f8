//! A version of a quotation as its document needs it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::token;
use crate::billing::contract::SalesError;
use crate::billing::quotations::Quotations;
use crate::billing::quotations::domain::Content;
use crate::billing::quotations::store;
use crate::crm::CustomerId;
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

/// What is printed of a quotation.
#[derive(Debug)]
pub struct Paper {
    /// What the version says.
    pub content: Content,
    /// Whom it is for.
    pub customer: CustomerId,
    /// Where the customer answers it; none before it was sent.
    pub link: Option<String>,
    /// When it was sent, or else when the version was written.
    pub dated: DateTime<Utc>,
}

/// The version `revision` of the quotation.
pub fn paper(
    tx: &mut TenantTx<'_>,
    quotations: &Quotations,
    id: Uuid,
    revision: i32,
) -> Result<Paper, SalesError> {
    let row = store::find(tx, id)?;
    let version = store::version(tx, id, revision)?;
    let content = serde_json::from_value(version.content).map_err(|_| Problem::internal())?;
    let link = token(tx, &quotations.seal, &row)?.map(|token| quotations.link(&token));
    Ok(Paper {
        content,
        customer: row.customer_id.into(),
        link,
        dated: row.sent_at.unwrap_or(version.created_at),
    })
}

/// Whom the quotation is for.
pub fn customer_of(tx: &mut TenantTx<'_>, id: Uuid) -> Result<CustomerId, SalesError> {
    Ok(store::find(tx, id)?.customer_id.into())
}

/// The version in force, and whether the customer was sent it.
pub fn standing(tx: &mut TenantTx<'_>, id: Uuid) -> Result<(i32, bool), SalesError> {
    let row = store::find(tx, id)?;
    Ok((row.revision, row.sent_at.is_some()))
}
