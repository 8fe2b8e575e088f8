//! What a tenant may have only so much of.

use super::{assignment, fields};
use crate::leads::contract::LeadsError;
use crate::leads::imports::LeadImports;
use crate::leads::{FIELDS, TRANSFERS, capture, store};
use crate::platform::db::TenantTx;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::transfers::{import_quotas, open_exports};

/// How much of each limit of leads the tenant uses.
pub fn quotas(tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
    let fields_there = FIELDS.list(tx).map_err(LeadsError::from)?.len();
    let mut quotas = vec![
        Quota::held("lead_fields", fields_there, fields::FIELDS_AT_MOST),
        Quota::held("lead_assignment_rules", store::rules(tx)?.len(), assignment::RULES_AT_MOST),
        capture::form_quota(tx)?,
        open_exports(tx, TRANSFERS, "open_exports")?,
    ];
    quotas.extend(import_quotas::<LeadImports>(tx)?);
    Ok(quotas)
}
