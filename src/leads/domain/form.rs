//! What a request or a row of a file says of a lead, and how it is parsed.

use serde_json::{Map, Value};

use super::{Consent, Details};
use crate::kernel::{Country, EmailAddress, Invalid, Line, Money, Phone, Prose, WebUrl, free_values};
use crate::platform::http::Fields;
use crate::platform::problem::Problem;

/// What a request or a row of a file says of a lead, before it is parsed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    pub company_name: Option<String>,
    pub contact_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub industry: Option<String>,
    pub employee_count: Option<i64>,
    pub annual_revenue: Option<Money>,
    pub source: Option<String>,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub custom_fields: Map<String, Value>,
    pub consent: Option<Consent>,
}

impl Form {
    /// The parsed details; 422 with everything that is wrong. `country` is that of phones without a country code.
    pub fn parse(&self, country: Country) -> Result<Details, Problem> {
        let mut fields = Fields::default();
        let company_name = match self.company_name.as_deref() {
            Some(name) => fields.take("/company_name", Line::parse(name)),
            None => fields.take("/company_name", Err(missing())),
        };
        let details = Details {
            company_name: company_name.unwrap_or_else(placeholder),
            contact_name: fields.take_optional("/contact_name", self.contact_name.as_deref(), Line::parse),
            email: fields.take_optional("/email", self.email.as_deref(), EmailAddress::parse),
            phone: fields.take_optional("/phone", self.phone.as_deref(), |text| Phone::parse(text, country)),
            website: fields.take_optional("/website", self.website.as_deref(), WebUrl::parse_lenient),
            industry: fields.take_optional("/industry", self.industry.as_deref(), Line::parse),
            employee_count: self
                .employee_count
                .and_then(|count| fields.take("/employee_count", employees(count))),
            annual_revenue: self
                .annual_revenue
                .and_then(|money| fields.take("/annual_revenue", revenue(money))),
            source: fields
                .take("/source", Line::parse(self.source.as_deref().unwrap_or("manual")))
                .unwrap_or_else(placeholder),
            tags: fields.tags(&self.tags),
            notes: fields.take_optional("/notes", self.notes.as_deref(), Prose::parse),
            custom_fields: fields
                .take("/custom_fields", free_values(self.custom_fields.clone()))
                .unwrap_or_default(),
            consent: self.consent.clone().and_then(|consent| fields.take("/consent", consent.parse())),
        };
        if self.email.is_none() && self.phone.is_none() {
            fields.refuse(
                "/email",
                Invalid::new("give an e-mail address or a phone", "dé un correo o un teléfono"),
            );
        }
        fields.finish()?;
        Ok(details)
    }
}

impl From<&Details> for Form {
    fn from(details: &Details) -> Self {
        let text = |line: &Option<Line<255>>| line.as_ref().map(ToString::to_string);
        Self {
            company_name: Some(details.company_name.to_string()),
            contact_name: text(&details.contact_name),
            email: details.email.as_ref().map(ToString::to_string),
            phone: details.phone.as_ref().map(ToString::to_string),
            website: details.website.as_ref().map(ToString::to_string),
            industry: details.industry.as_ref().map(ToString::to_string),
            employee_count: details.employee_count.map(i64::from),
            annual_revenue: details.annual_revenue,
            source: Some(details.source.to_string()),
            tags: details.tags.iter().map(ToString::to_string).collect(),
            notes: details.notes.as_ref().map(ToString::to_string),
            custom_fields: details.custom_fields.clone(),
            consent: details.consent.clone(),
        }
    }
}

// Stands in for a value that was refused; the whole request is refused then, so nobody sees it.
fn placeholder<const MAX: usize>() -> Line<MAX> {
    #[expect(clippy::expect_used, reason = "a hyphen is a line")]
    Line::parse("-").expect("a line")
}

fn missing() -> Invalid {
    Invalid::new("is missing", "falta")
}

fn employees(count: i64) -> Result<i32, Invalid> {
    i32::try_from(count)
        .ok()
        .filter(|count| (0..=10_000_000).contains(count))
        .ok_or_else(|| Invalid::new("must be from 0 to 10,000,000", "debe ser de 0 a 10 000 000"))
}

fn revenue(money: Money) -> Result<Money, Invalid> {
    if money.minor() < 0 {
        return Err(Invalid::new("must not be below zero", "no puede ser menor que cero"));
    }
    Ok(money)
}
