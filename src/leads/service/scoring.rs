//! Scores: explained on demand, and kept current by a subscriber to the leads' own events.

use crate::leads::contract::events::LeadScoreUpdated;
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{Score, Scorer};
use crate::leads::store;
use crate::platform::db::TenantTx;

/// The score of a lead with its reasons, by what is known now.
pub fn score(tx: &mut TenantTx<'_>, scorer: &dyn Scorer, id: LeadId) -> Result<Score, LeadsError> {
    Ok(scorer.score(&store::read(tx, id)?.details))
}

/// Brings the stored score up to date; tells it only when it changes. A lead that is gone has no score.
pub fn rescore(tx: &mut TenantTx<'_>, scorer: &dyn Scorer, id: LeadId) -> Result<(), LeadsError> {
    let lead = match store::read(tx, id) {
        Ok(lead) => lead,
        Err(LeadsError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let score = scorer.score(&lead.details);
    if score.value == lead.score {
        return Ok(());
    }
    store::set_score(tx, id, score.value)?;
    let updated = LeadScoreUpdated {
        id,
        from: lead.score,
        to: score.value,
        method: score.method.to_owned(),
        reasons: score.reasons,
    };
    tx.emit(id.uuid(), lead.version, &updated);
    Ok(())
}
