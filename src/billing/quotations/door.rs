//! The way in for whoever has a quotation's link: nobody's user, for whom the platform acts in the quotation's company.

use uuid::Uuid;

use super::service;
use crate::billing::BILLING;
use crate::platform::auth::{Actor, CorrelationId, TenantId};
use crate::platform::db::Db;
use crate::platform::problem::Problem;

/// The platform in the company whose quotation the link with this token shows, and the quotation; 404 when there is none.
pub async fn open(db: &Db, token: &str, correlation: CorrelationId) -> Result<(Actor, Uuid), Problem> {
    let token = token.to_owned();
    let found: (TenantId, Uuid) = db.system(BILLING, move |tx| service::find_by_token(tx, &token)).await?;
    Ok((Actor::platform(found.0, correlation), found.1))
}
