//! What happens to leads, in figures.

use chrono::NaiveDate;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Calendar;
use crate::insights::contract::InsightsError;
use crate::insights::domain::{Figures, Place};
use crate::insights::store::{self, LeadRow};
use crate::leads::events::{
    LeadAssigned, LeadConverted, LeadCreated, LeadDeleted, LeadMergeUndone, LeadMerged, LeadQualified,
    LeadUpdated,
};
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::events::LoggedEvent;

/// A lead came.
pub fn lead_created(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    created: LeadCreated,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let row = LeadRow {
        tenant_id: tx.tenant().uuid(),
        lead_id: created.id.uuid(),
        source: Some(created.source),
        campaign: created.campaign,
        owner_id: created.owner_id.map(UserId::uuid),
        created_on: calendar.day(tx, event)?,
        qualified_on: None,
        converted_on: None,
        counted: true,
    };
    store::save_lead(tx, &row)?;
    Ok(store::add(tx, row.created_on, &place(&row), None, Figures::LEAD)?)
}

/// A lead came from elsewhere than was thought.
pub fn lead_updated(tx: &mut TenantTx<'_>, updated: &LeadUpdated) -> Result<(), InsightsError> {
    follow(tx, updated.id.uuid(), &updated.changes)
}

/// A lead has another owner.
pub fn lead_assigned(tx: &mut TenantTx<'_>, assigned: &LeadAssigned) -> Result<(), InsightsError> {
    change(tx, assigned.id.uuid(), |row| row.owner_id = Some(assigned.to.uuid()))
}

/// A lead is worth a seller's time; the first time counts.
pub fn lead_qualified(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    qualified: &LeadQualified,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    change(tx, qualified.id.uuid(), |row| row.qualified_on = row.qualified_on.or(Some(day)))
}

/// A lead is a customer.
pub fn lead_converted(
    tx: &mut TenantTx<'_>,
    calendar: &Calendar,
    converted: &LeadConverted,
    event: &LoggedEvent,
) -> Result<(), InsightsError> {
    let day = calendar.day(tx, event)?;
    change(tx, converted.id.uuid(), |row| row.converted_on = row.converted_on.or(Some(day)))
}

/// A lead is gone.
pub fn lead_deleted(tx: &mut TenantTx<'_>, deleted: &LeadDeleted) -> Result<(), InsightsError> {
    change(tx, deleted.id.uuid(), |row| row.counted = false)?;
    Ok(store::forget_lead(tx, deleted.id.uuid())?)
}

/// A lead went into another one.
pub fn lead_merged(tx: &mut TenantTx<'_>, merged: &LeadMerged) -> Result<(), InsightsError> {
    follow(tx, merged.id.uuid(), &merged.changes)?;
    change(tx, merged.other_id.uuid(), |row| row.counted = false)
}

/// Two leads are two again.
pub fn lead_unmerged(tx: &mut TenantTx<'_>, undone: &LeadMergeUndone) -> Result<(), InsightsError> {
    follow(tx, undone.id.uuid(), &undone.changes)?;
    change(tx, undone.other_id.uuid(), |row| row.counted = true)
}

/// Moves a lead to the source and owner that it was changed to, if it was.
fn follow(tx: &mut TenantTx<'_>, id: Uuid, changes: &Map<String, Value>) -> Result<(), InsightsError> {
    let to = |field| changes.get(field).and_then(|change| change.get("to")).map(Value::as_str);
    let (source, owner) = (to("source"), to("owner_id"));
    if source.is_none() && owner.is_none() {
        return Ok(());
    }
    change(tx, id, |row| {
        if let Some(source) = source {
            row.source = source.map(str::to_owned);
        }
        if let Some(owner) = owner {
            row.owner_id = owner.and_then(|owner| owner.parse().ok());
        }
    })
}

/// Changes what is known of a lead, and moves what it counts for.
fn change(tx: &mut TenantTx<'_>, id: Uuid, edit: impl FnOnce(&mut LeadRow)) -> Result<(), InsightsError> {
    // One that came before this log began, or is gone already.
    let Some(before) = store::lead(tx, id)? else { return Ok(()) };
    let mut after = before.clone();
    edit(&mut after);
    let (was, is) = (counts(&before), counts(&after));
    let (from, to) = (place(&before), place(&after));
    for (day, figures) in &was {
        if from != to || !is.contains(&(*day, *figures)) {
            store::add(tx, *day, &from, None, -*figures)?;
        }
    }
    for (day, figures) in &is {
        if from != to || !was.contains(&(*day, *figures)) {
            store::add(tx, *day, &to, None, *figures)?;
        }
    }
    Ok(store::save_lead(tx, &after)?)
}

/// What a lead counts for, and on which days.
fn counts(row: &LeadRow) -> Vec<(NaiveDate, Figures)> {
    if !row.counted {
        return Vec::new();
    }
    let days = [
        (Some(row.created_on), Figures::LEAD),
        (row.qualified_on, Figures::QUALIFIED),
        (row.converted_on, Figures::CONVERTED),
    ];
    days.into_iter().filter_map(|(day, figures)| day.map(|day| (day, figures))).collect()
}

fn place(row: &LeadRow) -> Place {
    Place { source: row.source.clone(), campaign: row.campaign.clone(), owner: row.owner_id }
}
