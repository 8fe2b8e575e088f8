//! What is known of a customer, and what changed in it.

use serde_json::{Map, Value, json};

use super::{Address, Form};
use crate::crm::contract::CustomerKind;
use crate::kernel::{Currency, EmailAddress, FiscalRegime, Line, Locale, Phone, Prose, TaxId, WebUrl};

/// What is known of a customer, each part parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// What it is.
    pub kind: CustomerKind,
    /// What it is called.
    pub trade_name: Line<255>,
    /// What its papers call it.
    pub legal_name: Option<Line<255>>,
    /// By which the tax authority knows it.
    pub tax_id: Option<TaxId>,
    /// The SAT's regime, of Mexican ones.
    pub fiscal_regime: Option<FiscalRegime>,
    /// Where the tax authority knows it to be.
    pub fiscal_address: Option<Address>,
    /// Where it is.
    pub address: Option<Address>,
    /// Where to write to.
    pub email: Option<EmailAddress>,
    /// Where to call.
    pub phone: Option<Phone>,
    /// Its web site.
    pub website: Option<WebUrl>,
    /// Its language and formats.
    pub language: Option<Locale>,
    /// The currency of its documents.
    pub currency: Option<Currency>,
    /// Labels, without repetition.
    pub tags: Vec<Line<50>>,
    /// Free text.
    pub notes: Option<Prose<10_000>>,
    /// What the tenant keeps beside.
    pub custom_fields: Map<String, Value>,
}

impl Details {
    /// A customer of whom nothing but the name is known.
    pub fn named(kind: CustomerKind, trade_name: Line<255>) -> Self {
        Self {
            kind,
            trade_name,
            legal_name: None,
            tax_id: None,
            fiscal_regime: None,
            fiscal_address: None,
            address: None,
            email: None,
            phone: None,
            website: None,
            language: None,
            currency: None,
            tags: Vec::new(),
            notes: None,
            custom_fields: Map::new(),
        }
    }
}

/// What differs between two states of a customer's details, as `{"<field>": {"from": …, "to": …}}`.
pub fn changes(before: &Details, after: &Details) -> Map<String, Value> {
    let (before, after) = (Form::from(before), Form::from(after));
    let tax_id = |form: &Form| {
        json!(form.tax_id.as_ref().map(|(country, number)| json!({ "country": country, "number": number })))
    };
    let pairs = [
        ("kind", json!(before.kind), json!(after.kind)),
        ("trade_name", json!(before.trade_name), json!(after.trade_name)),
        ("legal_name", json!(before.legal_name), json!(after.legal_name)),
        ("tax_id", tax_id(&before), tax_id(&after)),
        ("fiscal_regime", json!(before.fiscal_regime), json!(after.fiscal_regime)),
        ("fiscal_address", json!(before.fiscal_address), json!(after.fiscal_address)),
        ("address", json!(before.address), json!(after.address)),
        ("email", json!(before.email), json!(after.email)),
        ("phone", json!(before.phone), json!(after.phone)),
        ("website", json!(before.website), json!(after.website)),
        ("language", json!(before.language), json!(after.language)),
        ("currency", json!(before.currency), json!(after.currency)),
        ("tags", json!(before.tags), json!(after.tags)),
        ("notes", json!(before.notes), json!(after.notes)),
        ("custom_fields", json!(before.custom_fields), json!(after.custom_fields)),
    ];
    pairs
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(field, from, to)| (field.to_owned(), json!({ "from": from, "to": to })))
        .collect()
}
