//! What may be done with templates and checklists: the customer is locked before its checklists.

use chrono::TimeDelta;
use uuid::Uuid;

use super::domain::TemplateStep;
use super::store::{self, OnboardingRow, StepRow, TemplateRow};
use crate::crm::contract::events::{
    CustomerOnboardingCompleted, CustomerOnboardingStarted, CustomerOnboardingStepChanged,
    CustomerOnboardingTemplateChanged, PartChange,
};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::service::held;
use crate::crm::customers::store as customers;
use crate::kernel::{Invalid, Line};
use crate::platform::db::{DbError, RawJson, TenantTx};
use crate::platform::id::Id;
use crate::platform::problem::{FieldError, Problem};

/// Templates that a company may have.
pub const TEMPLATES_AT_MOST: usize = 50;

/// A template to make, or what a template becomes.
#[derive(Debug, Clone)]
pub struct NewTemplate {
    /// Its name, which no other one has.
    pub name: Line<100>,
    /// Its steps, in order.
    pub steps: Vec<TemplateStep>,
}

/// A checklist with its steps.
#[derive(Debug)]
pub struct Checklist {
    /// The checklist.
    pub row: OnboardingRow,
    /// Its steps, in order.
    pub steps: Vec<StepRow>,
}

/// All templates, by name.
pub fn templates(tx: &mut TenantTx<'_>) -> Result<Vec<TemplateRow>, CrmError> {
    store::templates(tx)
}

/// One template.
pub fn template(tx: &mut TenantTx<'_>, id: Uuid) -> Result<TemplateRow, CrmError> {
    store::find_template(tx, id)?.ok_or(CrmError::TemplateNotFound)
}

/// Makes a template.
pub fn add_template(tx: &mut TenantTx<'_>, new: &NewTemplate) -> Result<TemplateRow, CrmError> {
    let there = store::templates(tx)?;
    if there.len() >= TEMPLATES_AT_MOST {
        let reason = Invalid::new(
            "a company has at most 50 templates; remove one first",
            "una empresa tiene como máximo 50 plantillas; quite una antes",
        );
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    check_name(&there, Uuid::nil(), new)?;
    let row = TemplateRow {
        tenant_id: tx.tenant().uuid(),
        id: Uuid::now_v7(),
        version: 1,
        name: new.name.to_string(),
        steps: RawJson::of(&new.steps),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    saved(tx, row, PartChange::Added)
}

/// Changes a template; checklists that began with it stay as they are.
pub fn change_template(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    new: &NewTemplate,
    version: Option<i32>,
) -> Result<TemplateRow, CrmError> {
    let before = held_template(tx, id, version)?;
    if before.name == new.name.as_str() && before.steps() == new.steps {
        return Ok(before);
    }
    check_name(&store::templates(tx)?, id, new)?;
    let row = TemplateRow {
        version: before.version + 1,
        name: new.name.to_string(),
        steps: RawJson::of(&new.steps),
        updated_at: tx.now(),
        ..before
    };
    saved(tx, row, PartChange::Changed)
}

/// Takes a template away; checklists that began with it stay as they are.
pub fn remove_template(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), CrmError> {
    let row = held_template(tx, id, version)?;
    store::delete_template(tx, id)?;
    let change = PartChange::Removed;
    tx.emit(id, row.version + 1, &CustomerOnboardingTemplateChanged { id, name: row.name, change });
    Ok(())
}

/// Begins a checklist of a template for a customer.
pub fn start(tx: &mut TenantTx<'_>, customer: CustomerId, template_id: Uuid) -> Result<Checklist, CrmError> {
    let record = held(tx, customer, None)?;
    let template = store::find_template(tx, template_id)?.ok_or(CrmError::UnknownTemplate)?;
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let row = OnboardingRow {
        tenant_id: tenant,
        id: Uuid::now_v7(),
        customer_id: customer.uuid(),
        template_id,
        name: template.name.clone(),
        started_at: now,
        completed_at: None,
    };
    let step = |(number, step): (i32, TemplateStep)| StepRow {
        tenant_id: tenant,
        id: Uuid::now_v7(),
        onboarding_id: row.id,
        number,
        title: step.title,
        description: step.description,
        due_at: step.due_after_days.map(|days| now + TimeDelta::days(days.into())),
        done_at: None,
        done_by: None,
    };
    let steps: Vec<StepRow> = (1..).zip(template.steps()).map(step).collect();
    if !store::insert(tx, &row, &steps)? {
        return Err(CrmError::OnboardingOpen);
    }
    let started = CustomerOnboardingStarted { id: customer, onboarding_id: row.id, name: row.name.clone() };
    tx.emit(customer.uuid(), record.version, &started);
    Ok(Checklist { row, steps })
}

/// The checklists of a customer, the newest first.
pub fn of_customer(tx: &mut TenantTx<'_>, customer: CustomerId) -> Result<Vec<Checklist>, CrmError> {
    customers::find(tx, customer)?;
    let rows = store::of_customer(tx, customer)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let steps = store::steps(tx, &ids)?;
    let of = |row: OnboardingRow| {
        let own = steps.iter().filter(|step| step.onboarding_id == row.id).cloned().collect();
        Checklist { row, steps: own }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// One checklist.
pub fn find(tx: &mut TenantTx<'_>, customer: CustomerId, id: Uuid) -> Result<Checklist, CrmError> {
    let row = store::find(tx, customer, id)?;
    let steps = store::steps(tx, &[id])?;
    Ok(Checklist { row, steps })
}

/// A step is done, or not done after all; with the last one the checklist is complete, and stays so.
pub fn tick(
    tx: &mut TenantTx<'_>,
    customer: CustomerId,
    id: Uuid,
    step_id: Uuid,
    is_done: bool,
) -> Result<Checklist, CrmError> {
    let record = held(tx, customer, None)?;
    let mut list = find(tx, customer, id)?;
    let now = tx.now();
    let user = tx.actor().user().map(Id::uuid);
    let step = list.steps.iter_mut().find(|step| step.id == step_id).ok_or(CrmError::StepNotFound)?;
    if step.done_at.is_some() == is_done {
        return Ok(list);
    }
    if list.row.completed_at.is_some() {
        return Err(CrmError::OnboardingCompleted);
    }
    step.done_at = is_done.then_some(now);
    step.done_by = user.filter(|_| is_done);
    store::save_step(tx, step)?;
    let title = step.title.clone();
    let changed =
        CustomerOnboardingStepChanged { id: customer, onboarding_id: id, step_id, title, done: is_done };
    tx.emit(customer.uuid(), record.version, &changed);
    if list.steps.iter().all(|step| step.done_at.is_some()) {
        list.row.completed_at = Some(now);
        store::save(tx, &list.row)?;
        let name = list.row.name.clone();
        let completed = CustomerOnboardingCompleted { id: customer, onboarding_id: id, name };
        tx.emit(customer.uuid(), record.version, &completed);
    }
    Ok(list)
}

fn held_template(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<TemplateRow, CrmError> {
    let row = store::lock_template(tx, id)?;
    match version {
        Some(version) if version != row.version => Err(CrmError::Stale(row.version)),
        _ => Ok(row),
    }
}

fn saved(tx: &mut TenantTx<'_>, row: TemplateRow, change: PartChange) -> Result<TemplateRow, CrmError> {
    store::save_template(tx, &row).map_err(|error| match error {
        // Somebody took the name at the same time: the next try finds theirs.
        CrmError::Db(error) if error.violates("onboarding_templates_by_name") => CrmError::Db(DbError::Busy),
        error => error,
    })?;
    let changed = CustomerOnboardingTemplateChanged { id: row.id, name: row.name.clone(), change };
    tx.emit(row.id, row.version, &changed);
    Ok(row)
}

fn check_name(there: &[TemplateRow], own: Uuid, new: &NewTemplate) -> Result<(), CrmError> {
    let other = there.iter().find(|row| row.id != own && row.name == new.name.as_str());
    other.map_or(Ok(()), |other| Err(CrmError::TemplateNameTaken(other.id)))
}
