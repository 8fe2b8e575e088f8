//! What may be done with forms: one function a use case, inside the caller's transaction.

mod submission;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use uuid::Uuid;

use super::domain::{Question, questions, refused_fields};
use super::store::{self, ConsentRow, FormRow, ResultRow};
use crate::identity::People;
use crate::kernel::Invalid;
use crate::leads::contract::LeadsError;
use crate::leads::contract::events::{FormChange, LeadFormChanged};
use crate::leads::service as leads;
use crate::platform::auth::{TenantId, UserId};
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::http::{Fields, Patch};
use crate::platform::limits::Quota;
use crate::platform::problem::{FieldError, Problem};

pub use submission::{Submission, submit, tally};

/// Forms that a tenant may have.
const FORMS_AT_MOST: usize = 100;

/// Characters of a key.
const KEY_LENGTH: usize = 22;

/// A form with the consent text in force.
#[derive(Debug, Clone)]
pub struct Form {
    /// The form.
    pub row: FormRow,
    /// What people are asked to agree to.
    pub consent: Option<ConsentRow>,
}

/// What a form asks people to agree to.
#[derive(Debug, Clone)]
pub struct ConsentAsked {
    /// The sentence.
    pub text: String,
    /// Whether nothing is taken without it.
    pub is_required: bool,
}

/// All forms; there are at most 100.
pub fn forms(tx: &mut TenantTx<'_>) -> Result<Vec<Form>, LeadsError> {
    let consents = store::consents_in_force(tx)?;
    let in_force = |row: &FormRow| consents.iter().find(|consent| consent.form_id == row.id);
    let rows = store::forms(tx)?;
    Ok(rows.into_iter().map(|row| Form { consent: in_force(&row).cloned(), row }).collect())
}

/// One form.
pub fn form(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Form, LeadsError> {
    let row = store::form(tx, id)?;
    with_consent(tx, row)
}

/// Adds a form.
pub fn add_form(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    mut row: FormRow,
    consent: Option<ConsentAsked>,
) -> Result<Form, LeadsError> {
    if store::forms(tx)?.len() >= FORMS_AT_MOST {
        let reason = Invalid::new(
            "a company has at most 100 forms; archive one first",
            "una empresa tiene como máximo 100 formularios; archive uno antes",
        );
        return Err(Problem::invalid(vec![FieldError::at("", reason)]).into());
    }
    check(tx, people, &row, None)?;
    row.form_key = new_key()?;
    store::save_form(tx, &row)?;
    if let Some(consent) = consent {
        ask(tx, &mut row, &consent)?;
        store::save_form(tx, &row)?;
    }
    tell(tx, &row, FormChange::Added);
    with_consent(tx, row)
}

/// Changes a form; what does not differ changes nothing and emits nothing.
pub fn change_form(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: Uuid,
    version: Option<i32>,
    change: impl FnOnce(FormRow) -> Result<(FormRow, Patch<ConsentAsked>), Problem>,
) -> Result<Form, LeadsError> {
    let before = held(tx, id, version)?;
    let (mut row, consent) = change(before.clone())?;
    check(tx, people, &row, Some(&before))?;
    match consent {
        Patch::Keep => {}
        Patch::Clear => (row.consent_number, row.consent_is_required) = (None, false),
        Patch::Set(consent) => ask(tx, &mut row, &consent)?,
    }
    if row != before {
        row.version += 1;
        row.updated_at = tx.now();
        store::save_form(tx, &row)?;
        tell(tx, &row, FormChange::Changed);
    }
    with_consent(tx, row)
}

/// Gives a form another key; pages with the old one lead nowhere from now on.
pub fn rotate_key(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Form, LeadsError> {
    let mut row = held(tx, id, None)?;
    row.form_key = new_key()?;
    row.version += 1;
    row.updated_at = tx.now();
    store::save_form(tx, &row)?;
    tell(tx, &row, FormChange::KeyRotated);
    with_consent(tx, row)
}

/// Archives a form: nobody finds it any more; its leads stay.
pub fn archive_form(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<(), LeadsError> {
    let mut row = held(tx, id, version)?;
    row.version += 1;
    row.archived_at = Some(tx.now());
    store::save_form(tx, &row)?;
    tell(tx, &row, FormChange::Archived);
    Ok(())
}

/// How many forms there are, of as many as there may be.
pub fn form_quota(tx: &mut TenantTx<'_>) -> Result<Quota, LeadsError> {
    Ok(Quota::held("lead_forms", store::forms(tx)?.len(), FORMS_AT_MOST))
}

/// What came of a form's answers, by day.
pub fn results(
    tx: &mut TenantTx<'_>,
    id: Uuid,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<ResultRow>, LeadsError> {
    store::form(tx, id)?;
    store::results(tx, id, from, to)
}

/// Whose form has this key.
pub fn find_by_key(tx: &mut SystemTx<'_>, key: &str) -> Result<(TenantId, Uuid), LeadsError> {
    // Anything may stand in an address.
    let is_key = key.len() == KEY_LENGTH
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let found = if is_key { store::find_by_key(tx, key)? } else { None };
    found.ok_or(LeadsError::FormNotFound)
}

/// What the form asks as things are now.
pub fn asked(tx: &mut TenantTx<'_>, form: &Form) -> Result<Vec<Question>, LeadsError> {
    let definitions = leads::definitions(tx)?;
    Ok(questions(&form.row.asked(), &definitions, form.language().language()))
}

impl Form {
    /// The language that it speaks.
    pub fn language(&self) -> super::domain::FormLanguage {
        super::domain::FormLanguage::parse(&self.row.language)
    }
}

fn with_consent(tx: &mut TenantTx<'_>, row: FormRow) -> Result<Form, LeadsError> {
    Ok(Form { consent: in_force(tx, &row)?, row })
}

fn in_force(tx: &mut TenantTx<'_>, row: &FormRow) -> Result<Option<ConsentRow>, LeadsError> {
    let Some(number) = row.consent_number else { return Ok(None) };
    store::consent(tx, row.id, number)
}

/// Puts a consent text in force: another text is a new version.
fn ask(tx: &mut TenantTx<'_>, row: &mut FormRow, consent: &ConsentAsked) -> Result<(), LeadsError> {
    row.consent_is_required = consent.is_required;
    if in_force(tx, row)?.is_some_and(|other| other.text == consent.text) {
        return Ok(());
    }
    let number = store::last_consent(tx, row.id)?.unwrap_or(0) + 1;
    let new = ConsentRow {
        tenant_id: row.tenant_id,
        form_id: row.id,
        number,
        text: consent.text.clone(),
        created_at: tx.now(),
    };
    store::insert_consent(tx, &new)?;
    row.consent_number = Some(number);
    Ok(())
}

/// Refuses fields that are none, and owners who are not active users; what was there before may stay.
fn check(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    row: &FormRow,
    before: Option<&FormRow>,
) -> Result<(), LeadsError> {
    if before.is_none_or(|before| before.asked != row.asked) {
        let mut fields = Fields::default();
        refused_fields(&row.asked(), &leads::definitions(tx)?, &mut fields);
        fields.finish()?;
    }
    match row.owner_id {
        Some(owner) if before.is_none_or(|before| before.owner_id != row.owner_id) => {
            leads::check_owner(tx, people, UserId::from(owner))
        }
        _ => Ok(()),
    }
}

fn held(tx: &mut TenantTx<'_>, id: Uuid, version: Option<i32>) -> Result<FormRow, LeadsError> {
    let row = store::lock_form(tx, id)?;
    match version {
        Some(version) if version != row.version => Err(LeadsError::Stale(row.version)),
        _ => Ok(row),
    }
}

/// 128 random bits: nobody guesses a form.
fn new_key() -> Result<String, LeadsError> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| Problem::internal())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn tell(tx: &mut TenantTx<'_>, row: &FormRow, change: FormChange) {
    tx.emit(row.id, row.version, &LeadFormChanged { id: row.id, name: row.name.clone(), change });
}
