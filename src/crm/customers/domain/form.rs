//! What a request says of a customer, and how it is parsed.

use serde_json::{Map, Value};

use super::{Address, Details};
use crate::crm::contract::CustomerKind;
use crate::kernel::{
    Country, Currency, EmailAddress, FiscalRegime, Invalid, Line, Locale, Phone, Prose, TaxId, WebUrl,
    free_values,
};
use crate::platform::http::Fields;
use crate::platform::problem::Problem;

/// What a request says of a customer, before it is parsed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    pub kind: Option<CustomerKind>,
    pub trade_name: String,
    pub legal_name: Option<String>,
    /// The country, where it is said, and the number.
    pub tax_id: Option<(Option<Country>, String)>,
    pub fiscal_regime: Option<FiscalRegime>,
    pub fiscal_address: Option<Address>,
    pub address: Option<Address>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub language: Option<Locale>,
    pub currency: Option<Currency>,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub custom_fields: Map<String, Value>,
}

impl Form {
    /// The parsed details; 422 with everything that is wrong. `country` is that of whatever does not say its own.
    pub fn parse(self, country: Country) -> Result<Details, Problem> {
        let mut fields = Fields::default();
        let trade_name = fields.take("/trade_name", Line::parse(&self.trade_name));
        let details = trade_name
            .map(|trade_name| Details::named(self.kind.unwrap_or(CustomerKind::Company), trade_name));
        let legal_name = fields.take_optional("/legal_name", self.legal_name.as_deref(), Line::parse);
        let tax_id = self.tax_id.and_then(|(own, number)| {
            fields.take("/tax_id/number", TaxId::parse(&number, own.unwrap_or(country)))
        });
        if let Some(regime) = self.fiscal_regime {
            fields.take("/fiscal_regime", check_regime(regime, tax_id.as_ref()));
        }
        let fiscal_address =
            self.fiscal_address.and_then(|address| address.parse("/fiscal_address", country, &mut fields));
        let address = self.address.and_then(|address| address.parse("/address", country, &mut fields));
        let email = fields.take_optional("/email", self.email.as_deref(), EmailAddress::parse);
        let phone = fields.take_optional("/phone", self.phone.as_deref(), |text| Phone::parse(text, country));
        let website = fields.take_optional("/website", self.website.as_deref(), WebUrl::parse_lenient);
        let tags = fields.tags(&self.tags);
        let notes = fields.take_optional("/notes", self.notes.as_deref(), Prose::parse);
        let custom_fields = fields.take("/custom_fields", free_values(self.custom_fields));
        fields.finish()?;
        let mut details = details.ok_or_else(Problem::internal)?;
        details.legal_name = legal_name;
        details.tax_id = tax_id;
        details.fiscal_regime = self.fiscal_regime;
        details.fiscal_address = fiscal_address;
        details.address = address;
        details.email = email;
        details.phone = phone;
        details.website = website;
        details.language = self.language;
        details.currency = self.currency;
        details.tags = tags;
        details.notes = notes;
        details.custom_fields = custom_fields.unwrap_or_default();
        Ok(details)
    }
}

impl From<&Details> for Form {
    fn from(details: &Details) -> Self {
        let text = |line: &Option<Line<255>>| line.as_ref().map(ToString::to_string);
        Self {
            kind: Some(details.kind),
            trade_name: details.trade_name.to_string(),
            legal_name: text(&details.legal_name),
            tax_id: details.tax_id.as_ref().map(|id| (Some(id.country()), id.to_string())),
            fiscal_regime: details.fiscal_regime,
            fiscal_address: details.fiscal_address.clone(),
            address: details.address.clone(),
            email: details.email.as_ref().map(ToString::to_string),
            phone: details.phone.as_ref().map(ToString::to_string),
            website: details.website.as_ref().map(ToString::to_string),
            language: details.language,
            currency: details.currency,
            tags: details.tags.iter().map(ToString::to_string).collect(),
            notes: details.notes.as_ref().map(ToString::to_string),
            custom_fields: details.custom_fields.clone(),
        }
    }
}

fn check_regime(regime: FiscalRegime, tax_id: Option<&TaxId>) -> Result<(), Invalid> {
    match tax_id {
        Some(tax_id) if tax_id.country() == Country::MEXICO => regime.check(tax_id),
        _ => Err(Invalid::new(
            "belongs to a Mexican tax identifier: send `tax_id` too, or leave it out",
            "va con un identificador fiscal mexicano: envíe también `tax_id`, o quítelo",
        )),
    }
}
