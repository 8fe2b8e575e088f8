//! A lead becomes a customer with its first person and, where asked for, a contract and a draft quotation: all of it or nothing.

use actix_web::post;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::{self, DraftRequest, QuotationId, Quote};
use crate::crm::{
    self, ContractRequest, CustomerId, CustomerKind, Details, NewContact, NewCustomer, OnDuplicate,
};
use crate::identity::People;
use crate::kernel::{Country, Line, Message, TaxId, free_values};
use crate::leads::{self, LeadId, LeadsError, Prospect, Status};
use crate::platform::auth::{Authorized, Permission};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Command, Fields, IfMatch, Reply};
use crate::platform::problem::{AsProblem, Problem};

/// `leads:convert`
pub struct ConvertLeads;

impl Permission for ConvertLeads {
    const NAME: &'static str = "leads:convert";
}

/// What is not known of the lead yet; all of it may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "company", "legal_name": "Confecciones Nájera SA de CV",
    "tax_id": { "country": "MX", "number": "EKU9003173C9" },
    "contract": {
        "title": "Mantenimiento 2027", "value": { "amount": "1500.00", "currency": "MXN" }, "billing_period": "month",
        "starts_on": "2027-01-01", "active": true
    },
    "quotation": { "title": "Uniformes 2027", "lines": [{ "description": "Uniforme escolar", "quantity": "40", "unit_price": "185.5" }] }
}))]
pub struct ConversionRequest {
    /// What the customer is; `company` when not said.
    kind: Option<CustomerKind>,
    /// What its papers call it.
    #[schema(value_type = Option<Line<255>>)]
    legal_name: Option<String>,
    /// By which the tax authority knows it.
    tax_id: Option<TaxIdOfCustomer>,
    /// Values of fields that you define for customers, besides those of the lead.
    #[schema(value_type = Option<Object>)]
    custom_fields: Option<Map<String, Value>>,
    /// What was agreed on.
    contract: Option<ContractRequest>,
    /// What is offered first, as a draft; for whoever holds `billing:quote`.
    quotation: Option<DraftRequest>,
}

/// A tax identifier of the new customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "country": "MX", "number": "EKU9003173C9" }))]
pub struct TaxIdOfCustomer {
    /// The country whose it is; your company's when not said.
    #[serde(default)]
    country: Option<Country>,
    /// The identifier, with or without separators.
    #[schema(value_type = TaxId)]
    number: String,
}

/// What came of a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "lead_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11", "customer_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c21",
    "contract_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c31", "quotation_id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c71"
}))]
#[expect(clippy::struct_field_names, reason = "the names that clients know")]
pub struct ConversionView {
    /// The lead.
    pub lead_id: LeadId,
    /// The customer that it is now.
    pub customer_id: CustomerId,
    /// The contract, when one was asked for.
    #[schema(required)]
    pub contract_id: Option<Uuid>,
    /// The draft quotation, when one was asked for.
    #[schema(required)]
    pub quotation_id: Option<QuotationId>,
}

/// Convert a lead
///
/// Makes a customer of a qualified lead, with its person as the first contact and, where asked for, a contract and a draft
/// quotation. All of it happens or nothing. A lead that is a customer already is refused with that customer.
#[utoipa::path(operation_id = "leads_convert", tag = "leads", request_body = ConversionRequest,
    params(("id" = LeadId, Path, description = "The lead."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    security(("bearer" = ["leads:convert"])),
    responses(
        (status = 201, description = "The customer; `Location` is its address.", body = ConversionView),
        (status = 409, description = "The lead is not qualified, or a customer already; or the tax identifier is another's.")))]
#[post("/api/v1/leads/{id}/convert")]
pub async fn leads_convert(
    who: Authorized<ConvertLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    command: Command<ConversionRequest>,
    people: Data<dyn People>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, Command { value, once }) = (id.into_inner(), command);
    if value.quotation.is_some() && !who.caller().may(Quote::NAME) {
        return Err(Problem::forbidden(Quote::NAME));
    }
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let view = convert(tx, &**people, id, version.0, value)?;
            let location = format!("/api/v1/customers/{}", view.customer_id);
            Ok::<_, Problem>(Reply::created(&view, location))
        })
    })
    .await
}

fn convert(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    id: LeadId,
    version: Option<i32>,
    mut request: ConversionRequest,
) -> Result<ConversionView, Problem> {
    let prospect = match leads::begin_conversion(tx, id, version) {
        Err(LeadsError::WrongState { from: Status::Converted, .. }) => return Err(already(tx, id)?),
        other => other?,
    };
    let country = people.settings(tx)?.country;
    let (contract, quotation) = (request.contract.take(), request.quotation.take());
    let owner = prospect.owner;
    let customer_id = crm::register(tx, customer(&prospect, request, country)?)?.id;
    let contract_id = match contract {
        Some(contract) => {
            Some(agree(tx, customer_id, contract).map_err(|problem| problem.under("/contract"))?)
        }
        None => None,
    };
    let quotation_id = match quotation {
        Some(quotation) => {
            let new = quotation.parse(customer_id, owner);
            let drafted = billing::draft_quotation(tx, people, new);
            Some(drafted.map_err(|error| error.as_problem().under("/quotation"))?)
        }
        None => None,
    };
    leads::complete_conversion(tx, prospect, customer_id.uuid())?;
    Ok(ConversionView { lead_id: id, customer_id, contract_id, quotation_id })
}

fn agree(tx: &mut TenantTx<'_>, customer: CustomerId, contract: ContractRequest) -> Result<Uuid, Problem> {
    Ok(crm::open_contract(tx, &contract.parse(customer)?)?.id)
}

/// The customer that the lead begins as.
fn customer(
    prospect: &Prospect,
    request: ConversionRequest,
    country: Country,
) -> Result<NewCustomer, Problem> {
    let mut fields = Fields::default();
    let legal_name = fields.take_optional("/legal_name", request.legal_name.as_deref(), Line::parse);
    let tax_id = request.tax_id.and_then(|tax_id| {
        fields.take("/tax_id/number", TaxId::parse(&tax_id.number, tax_id.country.unwrap_or(country)))
    });
    let mut custom_fields = prospect.custom_fields.clone();
    custom_fields.extend(request.custom_fields.unwrap_or_default());
    let custom_fields = fields.take("/custom_fields", free_values(custom_fields)).unwrap_or_default();
    fields.finish()?;
    let details = Details {
        legal_name,
        tax_id,
        email: prospect.email.clone(),
        phone: prospect.phone.clone(),
        website: prospect.website.clone(),
        tags: prospect.tags.clone(),
        notes: prospect.notes.clone(),
        custom_fields,
        ..Details::named(request.kind.unwrap_or(CustomerKind::Company), prospect.company_name.clone())
    };
    let contact = prospect.contact_name.clone().map(|name| NewContact {
        name,
        role: None,
        email: prospect.email.clone(),
        phone: prospect.phone.clone(),
        is_primary: true,
    });
    Ok(NewCustomer {
        details,
        parent: None,
        owner: prospect.owner,
        lead: Some(prospect.id.uuid()),
        contact,
        on_duplicate: OnDuplicate::Refuse,
    })
}

/// 409: the lead is a customer already.
fn already(tx: &mut TenantTx<'_>, id: LeadId) -> Result<Problem, Problem> {
    let title = Message::new("The lead is a customer already", "El prospecto ya es cliente");
    let problem = Problem::conflict("lead-already-converted", title);
    let Some(customer) = crm::customer_of_lead(tx, id.uuid())? else { return Ok(problem) };
    let place = format!("/api/v1/customers/{}", customer.id);
    Ok(problem
        .detail(Message::formatted(format!("It is at {place}"), format!("Está en {place}")))
        .member("customer_id", json!(customer.id))
        .member("customer", json!(place)))
}
