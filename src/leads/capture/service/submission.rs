//! Taking an answer: a new lead, or a note on the one that is there.

use std::net::IpAddr;

use super::Form;
use crate::identity::People;
use crate::kernel::{FieldSet, Invalid, Prose};
use crate::leads::capture::domain::{Answers, Counted, DuplicateRule, Filled, fill_in, questions};
use crate::leads::capture::store;
use crate::leads::contract::events::{CaptureOutcome, LeadCaptured};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{ActivityKind, Consent, ConsentStatus, Details, Touch};
use crate::leads::service::{self as leads, NewActivity, NewLead, OnDuplicate, Outcome};
use crate::leads::store as lead_store;
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;
use crate::platform::http::Fields;
use crate::platform::id::Id;
use crate::platform::problem::{FieldError, Problem};

/// An answer to a form.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What was filled in.
    pub answers: Answers,
    /// Where it came from.
    pub address: Option<IpAddr>,
}

/// Takes an answer. Somebody who is a lead already is no error.
pub fn submit(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    form: &Form,
    submission: &Submission,
) -> Result<(), LeadsError> {
    let definitions = leads::definitions(tx)?;
    let touch = submission.answers.touch(&form.row.name);
    let (details, filled) = details(tx, people, form, submission, &definitions)?;
    let consent_version = details.consent.as_ref().and_then(|consent| consent.version.clone());
    let (lead, version, outcome) = match same_person(tx, &details, &definitions)? {
        None => {
            let owner = owner(tx, people, form)?;
            let new = NewLead { details, touch: Some(touch.clone()), owner };
            let (Outcome::Created(row) | Outcome::Updated(row)) =
                leads::create(tx, people, new, OnDuplicate::Refuse)?;
            (LeadId::from(row.id), row.version, CaptureOutcome::Created)
        }
        Some(existing) => {
            let rule = DuplicateRule::parse(&form.row.on_duplicate);
            note(tx, existing, form, details, &definitions, &filled, touch.clone())?;
            let version = lead_store::read(tx, existing)?.version;
            let outcome = match rule {
                DuplicateRule::Note => CaptureOutcome::Noted,
                DuplicateRule::Update => CaptureOutcome::Updated,
            };
            (existing, version, outcome)
        }
    };
    let captured = LeadCaptured {
        id: lead,
        form_id: form.row.id,
        form: form.row.name.clone(),
        outcome,
        consent_version,
        utm: touch,
    };
    tx.emit(lead.uuid(), version, &captured);
    let counted = if outcome == CaptureOutcome::Created { Counted::Created } else { Counted::Duplicate };
    store::count(tx, form.row.id, counted)
}

/// Counts an answer that was not taken.
pub fn tally(tx: &mut TenantTx<'_>, form: &Form, what: Counted) -> Result<(), LeadsError> {
    store::count(tx, form.row.id, what)
}

/// What the answers make of a lead; 422 with everything that is wrong, at the names of the form's fields.
fn details(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    form: &Form,
    submission: &Submission,
    definitions: &FieldSet,
) -> Result<(Details, Filled), LeadsError> {
    let country = people.settings(tx)?.country;
    let questions = questions(&form.row.asked(), definitions, form.language().language());
    let mut fields = Fields::default();
    let mut filled = fill_in(&submission.answers, &questions, &mut fields);
    filled.form.source = Some(form.row.source.clone());
    filled.form.tags.clone_from(&form.row.tags);
    match agreed(tx, form, submission)? {
        Ok(consent) => filled.form.consent = consent,
        Err(reason) => fields.refuse("/consent", reason),
    }
    let parsed = filled.form.parse(country);
    let mut errors: Vec<FieldError> = Vec::new();
    for problem in [fields.finish().err(), parsed.as_ref().err().cloned()].into_iter().flatten() {
        // What stands for the company was answered under another name.
        let asked = |error: &&FieldError| error.place() != "/company_name" || filled.has_company;
        for error in problem.errors().iter().filter(asked) {
            if errors.iter().all(|other| other.place() != error.place()) {
                errors.push(error.clone());
            }
        }
    }
    match parsed {
        Ok(details) if errors.is_empty() => Ok((details, filled)),
        Err(problem) if errors.is_empty() => Err(problem.into()),
        _ => Err(Problem::invalid(errors).into()),
    }
}

/// What the person agreed to: the text that they saw, or nothing.
fn agreed(
    tx: &mut TenantTx<'_>,
    form: &Form,
    submission: &Submission,
) -> Result<Result<Option<Consent>, Invalid>, LeadsError> {
    let Some(in_force) = &form.consent else { return Ok(Ok(None)) };
    if !submission.answers.agrees() {
        let missing = Invalid::new("must be accepted", "se debe aceptar");
        return Ok(if form.row.consent_is_required { Err(missing) } else { Ok(None) });
    }
    let seen = match submission.answers.consent_version() {
        None => in_force.clone(),
        Some(version) => {
            let number = version.parse().ok().filter(|number: &i32| number.to_string() == version);
            let seen = number.map(|number| store::consent(tx, form.row.id, number)).transpose()?;
            match seen.flatten() {
                Some(consent) => consent,
                None => {
                    return Ok(Err(Invalid::new(
                        "is of a version that this form never had; load the page again",
                        "es de una versión que este formulario nunca tuvo; vuelva a cargar la página",
                    )));
                }
            }
        }
    };
    Ok(Ok(Some(Consent {
        status: ConsentStatus::Granted,
        text: Some(seen.text),
        version: Some(seen.number.to_string()),
        at: Some(tx.now()),
        ip: submission.address.map(|address| address.to_string()),
    })))
}

/// Who gets the lead: the form's owner while they are active, else whoever the rules say.
fn owner(tx: &mut TenantTx<'_>, people: &dyn People, form: &Form) -> Result<Option<UserId>, LeadsError> {
    let Some(owner) = form.row.owner_id.map(UserId::from) else { return Ok(None) };
    Ok(people.person(tx, owner)?.filter(crate::identity::Person::is_active).map(|person| person.id))
}

/// The lead that has the e-mail address, else the phone, else the value of a unique field.
fn same_person(
    tx: &mut TenantTx<'_>,
    details: &Details,
    definitions: &FieldSet,
) -> Result<Option<LeadId>, LeadsError> {
    let keys = details.identities();
    let values: Vec<String> = keys.iter().map(|(_, value)| value.clone()).collect();
    let holders = lead_store::holders(tx, &values)?;
    let holder = |kind: &str| holders.iter().find(|holder| holder.kind == kind);
    if let Some(holder) = holder("email").or_else(|| holder("phone")) {
        return Ok(Some(Id::from(holder.lead_id)));
    }
    let wanted: Vec<_> =
        definitions.unique_keys(&details.custom_fields).map(|(field, key)| (field.id, key)).collect();
    let taken = leads::field_holders(tx, &wanted)?;
    Ok(taken.first().map(|taken| LeadId::from(taken.record_id)))
}

/// Notes an answer on a lead that is there, and changes the lead where the form says so.
fn note(
    tx: &mut TenantTx<'_>,
    existing: LeadId,
    form: &Form,
    details: Details,
    definitions: &FieldSet,
    filled: &Filled,
    touch: Touch,
) -> Result<(), LeadsError> {
    let lead = lead_store::read(tx, existing)?;
    let known = &lead.details;
    let fresh = match DuplicateRule::parse(&form.row.on_duplicate) {
        DuplicateRule::Note => Details { consent: details.consent, ..known.clone() },
        DuplicateRule::Update => {
            let mut fresh = without_others(tx, existing, details, definitions)?;
            if !filled.has_company {
                fresh.company_name = known.company_name.clone();
            }
            // What people noted stays; the message is in the activity.
            fresh.notes = None;
            fresh
        }
    };
    leads::enrich(tx, existing, &fresh, Some(touch))?;
    let text = in_words(form, filled);
    leads::log_activity(tx, existing, &NewActivity { kind: ActivityKind::Message, text, at: None })?;
    Ok(())
}

/// `details` without what other leads hold: a person whose e-mail is of one lead and whose phone is of another.
fn without_others(
    tx: &mut TenantTx<'_>,
    existing: LeadId,
    mut details: Details,
    definitions: &FieldSet,
) -> Result<Details, LeadsError> {
    let values: Vec<String> = details.identities().into_iter().map(|(_, value)| value).collect();
    for holder in lead_store::holders(tx, &values)? {
        if holder.lead_id != existing.uuid() {
            match holder.kind.as_str() {
                "email" => details.email = None,
                _ => details.phone = None,
            }
        }
    }
    let wanted: Vec<_> =
        definitions.unique_keys(&details.custom_fields).map(|(field, key)| (field.id, key)).collect();
    for taken in leads::field_holders(tx, &wanted)? {
        let field = definitions.iter().find(|field| field.id == taken.field_id);
        if let Some(field) = field.filter(|_| taken.record_id != existing.uuid()) {
            details.custom_fields.shift_remove(field.key.as_str());
        }
    }
    Ok(details)
}

/// The answers as a person would note them.
fn in_words(form: &Form, filled: &Filled) -> Prose<10_000> {
    let answers = filled.words.iter().map(|(label, answer)| format!("{label}: {answer}"));
    let text = std::iter::once(form.row.name.clone()).chain(answers).collect::<Vec<_>>().join("\n");
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    let text: String = text.chars().filter(|c| !is_odd(c)).take(10_000).collect();
    #[expect(clippy::expect_used, reason = "the form's name is a text, and no control character is left")]
    Prose::parse(&text).expect("a text")
}
