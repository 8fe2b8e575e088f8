//! From the texts of a row to a lead that could be created.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::reasons::{unreachable, unreadable};
use crate::kernel::{
    Country, Currency, EmailAddress, FieldSet, Invalid, Line, Message, Phone, Prose, TimeZone, WebUrl,
};
use crate::leads::domain::{Details, Form, Status, Touch};
use crate::leads::imports::mapping::{Picked, RowDraft};
use crate::leads::imports::values;
use crate::platform::http::Fields;
use crate::platform::problem::Problem;

/// What rows are read by.
#[derive(Debug, Clone)]
pub struct RowContext {
    /// The country of phones without a country code.
    pub country: Country,
    /// The currency of amounts without one.
    pub currency: Currency,
    /// Where times without an offset were written.
    pub zone: TimeZone,
    /// Where leads came from, when a row does not say.
    pub source: Line<100>,
    /// The custom fields that the tenant defined.
    pub fields: FieldSet,
}

/// Whether the file names the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// It does.
    Given,
    /// Something else stands in for it, which must not replace a name that is known.
    Borrowed,
}

/// A lead that could be created.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What is known of it.
    pub details: Details,
    /// Whether the company's name is one.
    pub name: Name,
    /// The state to begin in.
    pub status: Status,
    /// When it came in, if the file knows.
    pub created_at: Option<DateTime<Utc>>,
    /// Who works it, if the file says so.
    pub owner: Option<EmailAddress>,
    /// How it found us.
    pub touch: Option<Touch>,
}

/// Reads a row, or says why it is no lead. `now` bounds the times in it.
pub fn read_row(draft: RowDraft, context: &RowContext, now: DateTime<Utc>) -> Result<Candidate, Message> {
    let mut kept =
        Kept(draft.custom.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect());
    let email = kept.pick(&draft.email(), "email", EmailAddress::as_str);
    let phone = kept.pick(&draft.phone(context.country), "phone", Phone::as_str);
    if email.is_none() && phone.is_none() {
        let why = draft.email().refused.into_iter().chain(draft.phone(context.country).refused).next();
        return Err(why.map_or_else(unreachable, |(_, why)| unreadable(&why)));
    }
    let contact_name = kept.line::<255>("contact_name", draft.contact_name);
    let name = if draft.company_name.is_some() { Name::Given } else { Name::Borrowed };
    let company_name = draft.company_name.or_else(|| contact_name.clone());
    let company_name = company_name.or_else(|| email.clone()).or_else(|| phone.clone());
    let website = kept.text("website", draft.website, WebUrl::parse_lenient);
    let industry = kept.line::<100>("industry", draft.industry);
    let employee_count = kept.value("employee_count", draft.employee_count, values::employee_count);
    let annual_revenue = kept
        .value("annual_revenue", draft.annual_revenue, |text| values::annual_revenue(text, context.currency));
    let source = kept.line::<100>("source", draft.source).unwrap_or_else(|| context.source.to_string());
    let status = kept.value("status", draft.status, status);
    let created_at = kept.value("created_at", draft.created_at, |text| past(text, context.zone, now));
    let owner = kept.value("owner_email", draft.owner_email, EmailAddress::parse);
    let touch = kept.touch([draft.utm_source, draft.utm_medium, draft.utm_campaign]);
    let tags = kept.tags(draft.tags);
    let notes = kept.text("notes", draft.notes, Prose::<10_000>::parse);
    kept.read_fields(&context.fields);
    let form = Form {
        company_name,
        contact_name,
        email,
        phone,
        website,
        industry,
        employee_count: employee_count.map(i64::from),
        annual_revenue,
        source: Some(source),
        tags,
        notes,
        custom_fields: kept.0,
        consent: None,
    };
    let details = form.parse(context.country).map_err(|problem| first_reason(&problem))?;
    Ok(Candidate { details, name, status: status.unwrap_or(Status::New), created_at, owner, touch })
}

/// The custom fields of a row, where texts go that nothing else takes.
struct Kept(Map<String, Value>);

impl Kept {
    /// Keeps a text; two of one name are joined.
    fn keep(&mut self, name: &str, text: &str) {
        let text = match self.0.get(name).and_then(Value::as_str) {
            Some(there) => format!("{there}; {text}"),
            None => text.to_owned(),
        };
        self.0.insert(name.to_owned(), text.into());
    }

    /// Reads the texts of defined fields; those that cannot be read are kept.
    fn read_fields(&mut self, fields: &FieldSet) {
        for (key, text, _) in fields.read_cells(&mut self.0) {
            self.keep(&format!("{key}_original"), &text);
        }
    }

    /// The chosen one of several e-mails or phones as text; the others and the unreadable ones are kept.
    fn pick<T>(&mut self, picked: &Picked<T>, field: &str, text: impl Fn(&T) -> &str) -> Option<String> {
        for other in &picked.others {
            self.keep(&format!("other_{field}s"), text(other));
        }
        for (refused, _) in &picked.refused {
            self.keep(&format!("{field}_original"), refused);
        }
        picked.chosen.as_ref().map(|chosen| text(chosen).to_owned())
    }

    /// What `parse` makes of a text; one that it refuses is kept.
    fn value<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let text = text?;
        let value = parse(&text).ok();
        if value.is_none() {
            self.keep(&format!("{field}_original"), &text);
        }
        value
    }

    /// A text that `parse` takes; one that it refuses is kept.
    fn text<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<String> {
        self.value(field, text, |text| parse(text).map(|_| text.to_owned()))
    }

    /// A line of at most `MAX` characters; a longer one is kept.
    fn line<const MAX: usize>(&mut self, field: &str, text: Option<String>) -> Option<String> {
        self.text(field, text, Line::<MAX>::parse)
    }

    /// At most 50 tags of at most 50 characters; the others are kept.
    fn tags(&mut self, tags: Vec<String>) -> Vec<String> {
        let mut taken = Vec::new();
        for tag in tags {
            if taken.len() < 50 && Line::<50>::parse(&tag).is_ok() {
                taken.push(tag);
            } else {
                self.keep("tags_original", &tag);
            }
        }
        taken
    }

    /// The touch of source, medium and campaign.
    fn touch(&mut self, [source, medium, campaign]: [Option<String>; 3]) -> Option<Touch> {
        let touch = Touch {
            source: self.line::<500>("utm_source", source),
            medium: self.line::<500>("utm_medium", medium),
            campaign: self.line::<500>("utm_campaign", campaign),
            ..Touch::default()
        };
        if touch == Touch::default() { None } else { touch.parse(&mut Fields::default()) }
    }
}

/// A state to begin in: nobody becomes a customer by an import of leads.
fn status(text: &str) -> Result<Status, Invalid> {
    values::status(text)
        .and_then(Status::parse)
        .filter(|status| *status != Status::Converted)
        .ok_or_else(|| Invalid::new("This is no state to begin in.", "Este no es un estado inicial."))
}

/// A moment from 1970 to now. A date alone may be today's where the zone is ahead of the server's clock.
fn past(text: &str, zone: TimeZone, now: DateTime<Utc>) -> Result<DateTime<Utc>, Invalid> {
    let moment = values::date_time(text, zone)?;
    let first = NaiveDate::from_ymd_opt(1970, 1, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    if first.is_some_and(|first| moment < first) || moment > now + TimeDelta::minutes(1) {
        return Err(Invalid::new(
            "The date is not between 1970 and now.",
            "La fecha no está entre 1970 y hoy.",
        ));
    }
    Ok(moment.min(now))
}

fn first_reason(problem: &Problem) -> Message {
    match problem.errors().first() {
        Some(error) => {
            let (field, reason) = (error.place().trim_start_matches('/'), error.reason());
            Message::formatted(format!("{field}: {}", reason.en), format!("{field}: {}", reason.es))
        }
        None => super::unstorable(),
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
