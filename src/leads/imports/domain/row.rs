//! From the texts of a row to a lead that could be created.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::sentences::{unreachable, unreadable};
use crate::kernel::{EmailAddress, Invalid, Message, Phone, Prose, TimeZone, WebUrl};
use crate::leads::domain::{Details, Form, Status, Touch};
use crate::leads::imports::status_words;
use crate::platform::http::Fields;
use crate::platform::sheets::mapping::RowDraft;
use crate::platform::sheets::{Kept, values};
use crate::platform::transfers::{Name, RowContext, first_reason};

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
pub fn read_row(mut draft: RowDraft, context: &RowContext, now: DateTime<Utc>) -> Result<Candidate, Message> {
    let mut kept = Kept::new(&draft);
    let email = kept.pick(&draft.email(), "email", EmailAddress::as_str);
    let phone = kept.pick(&draft.phone(context.country), "phone", Phone::as_str);
    if email.is_none() && phone.is_none() {
        let why = draft.email().refused.into_iter().chain(draft.phone(context.country).refused).next();
        return Err(why.map_or_else(unreachable, |(_, why)| unreadable(&why)));
    }
    let contact_name = kept.line::<255>("contact_name", draft.take("contact_name"));
    let name = if draft.text("company_name").is_some() { Name::Given } else { Name::Borrowed };
    let company_name = draft.take("company_name").or_else(|| contact_name.clone());
    let company_name = company_name.or_else(|| email.clone()).or_else(|| phone.clone());
    let website = kept.text("website", draft.take("website"), WebUrl::parse_lenient);
    let industry = kept.line::<100>("industry", draft.take("industry"));
    let employee_count = kept.value("employee_count", draft.take("employee_count"), values::employee_count);
    let annual_revenue = kept.value("annual_revenue", draft.take("annual_revenue"), |text| {
        values::annual_revenue(text, context.currency)
    });
    let source = kept
        .line::<100>("source", draft.take("source"))
        .unwrap_or_else(|| context.settings.source.to_string());
    let status = kept.value("status", draft.take("status"), status);
    let created_at = kept.value("created_at", draft.take("created_at"), |text| past(text, context.zone, now));
    let owner = kept.value("owner_email", draft.take("owner_email"), EmailAddress::parse);
    let touch =
        touch(&mut kept, [draft.take("utm_source"), draft.take("utm_medium"), draft.take("utm_campaign")]);
    let tags = kept.tags(draft.all("tags"));
    let notes = kept.text("notes", draft.take("notes"), Prose::<10_000>::parse);
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
        custom_fields: kept.into_values(),
        consent: None,
    };
    let details = form.parse(context.country).map_err(|problem| first_reason(&problem))?;
    Ok(Candidate { details, name, status: status.unwrap_or(Status::New), created_at, owner, touch })
}

/// The touch of source, medium and campaign.
fn touch(kept: &mut Kept, [source, medium, campaign]: [Option<String>; 3]) -> Option<Touch> {
    let touch = Touch {
        source: kept.line::<500>("utm_source", source),
        medium: kept.line::<500>("utm_medium", medium),
        campaign: kept.line::<500>("utm_campaign", campaign),
        ..Touch::default()
    };
    if touch == Touch::default() { None } else { touch.parse(&mut Fields::default()) }
}

/// A state to begin in: nobody becomes a customer by an import of leads.
fn status(text: &str) -> Result<Status, Invalid> {
    status_words::status(text)
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

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
