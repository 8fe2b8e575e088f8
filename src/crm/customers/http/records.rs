//! Creating, reading, changing and archiving customers.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, delete, get, patch, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::views::CustomerView;
use super::{DeleteCustomers, PeopleData, ReadCustomers, WriteCustomers};
use crate::crm::contract::{CrmError, CustomerId, CustomerKind};
use crate::crm::customers::domain::{Address, Form};
use crate::crm::customers::service::{self, Change, NewCustomer, OnDuplicate};
use crate::crm::customers::store::Row;
use crate::kernel::{
    Country, Currency, EmailAddress, FiscalRegime, Language, Line, Locale, Phone, Prose, TaxId, WebUrl,
};
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::{Db, TenantTx};
use crate::platform::http::{Body, Command, Empty, IfMatch, Patch, Query, Reply, RequestContext};
use crate::platform::problem::Problem;

/// A tax identifier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerTaxIdRequest, example = json!({ "country": "MX", "number": "EKU9003173C9" }))]
pub struct TaxIdRequest {
    /// The country whose it is; your company's when not said.
    #[serde(default)]
    country: Option<Country>,
    /// The identifier, with or without separators.
    #[schema(value_type = TaxId)]
    number: String,
}

/// A customer to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "trade_name": "Sastrería Nájera", "legal_name": "Confecciones Nájera SA de CV",
    "tax_id": { "country": "MX", "number": "EKU9003173C9" }, "fiscal_regime": "601",
    "fiscal_address": { "postal_code": "70000", "city": "Juchitán de Zaragoza", "state": "Oaxaca", "country": "MX" },
    "email": "ines@sastrerianajera.mx", "phone": "+529711609009", "tags": ["istmo"], "language": "es-MX", "currency": "MXN"
}))]
pub struct CustomerRequest {
    /// What it is; `company` when not said.
    kind: Option<CustomerKind>,
    /// What it is called.
    #[schema(value_type = Line<255>)]
    trade_name: String,
    /// What its papers call it.
    #[schema(value_type = Option<Line<255>>)]
    legal_name: Option<String>,
    /// By which the tax authority knows it.
    tax_id: Option<TaxIdRequest>,
    /// The SAT's regime; only beside a Mexican tax identifier.
    fiscal_regime: Option<FiscalRegime>,
    /// Where the tax authority knows it to be.
    fiscal_address: Option<Address>,
    /// Where it is.
    address: Option<Address>,
    /// Its e-mail address.
    #[schema(value_type = Option<EmailAddress>)]
    email: Option<String>,
    /// Its phone; without a country code it is read as one of the tenant's country.
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
    /// Its web site.
    #[schema(value_type = Option<WebUrl>)]
    website: Option<String>,
    /// Its language and formats; your company's when not said.
    language: Option<Locale>,
    /// The currency of its documents; your company's when not said.
    currency: Option<Currency>,
    /// The account above it.
    parent_id: Option<CustomerId>,
    /// The user whose it is.
    owner_id: Option<UserId>,
    /// Labels.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50)]
    tags: Option<Vec<String>>,
    /// Free text.
    #[schema(value_type = Option<Prose<10_000>>)]
    notes: Option<String>,
    /// What the tenant keeps beside: texts, numbers, booleans or null by name.
    #[schema(value_type = Option<Object>)]
    custom_fields: Option<Map<String, Value>>,
}

/// What changes in a customer: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "website": "https://sastrerianajera.mx", "notes": null }))]
pub struct CustomerPatch {
    /// What it is.
    #[schema(nullable = false)]
    #[serde(default)]
    kind: Option<CustomerKind>,
    /// What it is called.
    #[schema(value_type = Option<Line<255>>, nullable = false)]
    #[serde(default)]
    trade_name: Option<String>,
    /// What its papers call it.
    #[schema(value_type = Option<Line<255>>)]
    #[serde(default)]
    legal_name: Patch<String>,
    /// By which the tax authority knows it.
    #[schema(value_type = Option<TaxIdRequest>)]
    #[serde(default)]
    tax_id: Patch<TaxIdRequest>,
    /// The SAT's regime.
    #[schema(value_type = Option<FiscalRegime>)]
    #[serde(default)]
    fiscal_regime: Patch<FiscalRegime>,
    /// Where the tax authority knows it to be: all of it.
    #[schema(value_type = Option<Address>)]
    #[serde(default)]
    fiscal_address: Patch<Address>,
    /// Where it is: all of it.
    #[schema(value_type = Option<Address>)]
    #[serde(default)]
    address: Patch<Address>,
    /// Its e-mail address.
    #[schema(value_type = Option<EmailAddress>)]
    #[serde(default)]
    email: Patch<String>,
    /// Its phone.
    #[schema(value_type = Option<Phone>)]
    #[serde(default)]
    phone: Patch<String>,
    /// Its web site.
    #[schema(value_type = Option<WebUrl>)]
    #[serde(default)]
    website: Patch<String>,
    /// Its language and formats.
    #[schema(value_type = Option<Locale>)]
    #[serde(default)]
    language: Patch<Locale>,
    /// The currency of its documents.
    #[schema(value_type = Option<Currency>)]
    #[serde(default)]
    currency: Patch<Currency>,
    /// The account above it.
    #[schema(value_type = Option<CustomerId>)]
    #[serde(default)]
    parent_id: Patch<CustomerId>,
    /// Labels: all of them.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50, nullable = false)]
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Free text.
    #[schema(value_type = Option<Prose<10_000>>)]
    #[serde(default)]
    notes: Patch<String>,
    /// Fields to set; null takes one away.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// What to do when the tax identifier belongs to another customer.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DuplicateQuery {
    /// `allow` both; refused with 409 when not said.
    #[param(inline)]
    on_duplicate: Option<Allow>,
}

/// `allow`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Allow {
    Allow,
}

/// Create a customer
///
/// Creates a customer. Its tax identifier must not belong to another customer, unless `on_duplicate` says that both are meant.
/// A wrong check digit is told in `warnings` and refuses nothing: authorities have issued such ones.
#[utoipa::path(operation_id = "customers_create", tag = "customers", params(DuplicateQuery),
    security(("bearer" = ["crm:write"])), request_body = CustomerRequest,
    responses((status = 201, description = "Created.", body = CustomerView),
        (status = 409, description = "The tax identifier is another customer's; `existing_id` names it.")))]
#[post("/api/v1/customers")]
pub async fn customers_create(
    who: Authorized<WriteCustomers>,
    query: Query<DuplicateQuery>,
    request: HttpRequest,
    command: Command<CustomerRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let (once, language) = (command.once, RequestContext::of(&request).language());
    let new = command.value.parse(who.caller().country, query.0.choice())?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            if let Some(owner) = new.owner {
                service::check_owner(tx, &**people, owner)?;
            }
            let row = service::create(tx, new)?;
            let (version, location) = (row.version, format!("/api/v1/customers/{}", row.id));
            let view = CustomerView::new(row, language);
            Ok::<_, CrmError>(Reply::created(&view, location).version(version))
        })
    })
    .await
}

/// Read a customer
///
/// Reads a customer, in the archive too.
#[utoipa::path(operation_id = "customers_get", tag = "customers", security(("bearer" = ["crm:read"])),
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, description = "The customer; its `ETag` is the version.", body = CustomerView)))]
#[get("/api/v1/customers/{id}")]
pub async fn customers_get(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    request: HttpRequest,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, language) = (id.into_inner(), RequestContext::of(&request).language());
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::find(tx, id)?, language))).await
}

/// Change a customer
///
/// Changes fields of a customer. Send `If-Match` with the version you read, and a change made in between is 412. The accounts
/// above it make no circle and at most five levels.
#[utoipa::path(operation_id = "customers_update", tag = "customers", security(("bearer" = ["crm:write"])),
    params(DuplicateQuery, ("id" = CustomerId, Path, description = "The customer."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")), request_body = CustomerPatch,
    responses((status = 200, description = "The customer as it is now.", body = CustomerView),
        (status = 409, description = "The tax identifier is another customer's, or the customer is archived.")))]
#[patch("/api/v1/customers/{id}")]
pub async fn customers_update(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    query: Query<DuplicateQuery>,
    version: IfMatch,
    request: HttpRequest,
    body: Body<CustomerPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, mut patch, language) = (id.into_inner(), body.0, RequestContext::of(&request).language());
    let change = Change {
        parent: std::mem::take(&mut patch.parent_id),
        edit: move |form: &mut Form| patch.apply(form),
        country: who.caller().country,
        on_duplicate: query.0.choice(),
        version: version.0,
    };
    db.tenant(who.actor(), move |tx| Ok::<_, Problem>(reply(service::update(tx, id, change)?, language)))
        .await
}

/// Archive a customer
///
/// Puts a customer into the archive: lists leave it out, nothing new begins with it, and its tax identifier is free. It is never
/// erased, because quotations and invoices name it; `restore` brings it back. Refused while accounts below it or active
/// contracts hang on it.
#[utoipa::path(operation_id = "customers_archive", tag = "customers", security(("bearer" = ["crm:delete"])),
    params(("id" = CustomerId, Path, description = "The customer."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses((status = 204, description = "In the archive."),
        (status = 409, description = "Something hangs on it, or it is there already.")))]
#[delete("/api/v1/customers/{id}")]
pub async fn customers_archive(
    who: Authorized<DeleteCustomers>,
    id: Path<CustomerId>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::archive(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

/// Restore a customer
///
/// Brings a customer back from the archive; one that is not there stays as it is.
#[utoipa::path(operation_id = "customers_restore", tag = "customers", security(("bearer" = ["crm:delete"])),
    params(("id" = CustomerId, Path, description = "The customer.")), request_body = Empty,
    responses((status = 200, description = "The customer as it is now.", body = CustomerView),
        (status = 409, description = "Its tax identifier is another customer's by now.")))]
#[post("/api/v1/customers/{id}/restore")]
pub async fn customers_restore(
    who: Authorized<DeleteCustomers>,
    id: Path<CustomerId>,
    request: HttpRequest,
    command: Command<Empty>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once, language) = (id.into_inner(), command.once, RequestContext::of(&request).language());
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| Ok::<_, CrmError>(reply(service::restore(tx, id)?, language)))
    })
    .await
}

/// A customer as its own operations answer it, for whoever answers it among other things; its warnings in `language`.
pub fn customer_view(
    tx: &mut TenantTx<'_>,
    id: CustomerId,
    language: Language,
) -> Result<CustomerView, CrmError> {
    Ok(CustomerView::new(service::find(tx, id)?, language))
}

/// 200 with the customer and its version.
pub fn reply(row: Row, language: Language) -> Reply {
    let version = row.version;
    Reply::ok(&CustomerView::new(row, language)).version(version)
}

impl DuplicateQuery {
    fn choice(&self) -> OnDuplicate {
        match self.on_duplicate {
            None => OnDuplicate::Refuse,
            Some(Allow::Allow) => OnDuplicate::Allow,
        }
    }
}

impl CustomerRequest {
    fn parse(self, country: Country, on_duplicate: OnDuplicate) -> Result<NewCustomer, Problem> {
        let form = Form {
            kind: self.kind,
            trade_name: self.trade_name,
            legal_name: self.legal_name,
            tax_id: self.tax_id.map(|tax_id| (tax_id.country, tax_id.number)),
            fiscal_regime: self.fiscal_regime,
            fiscal_address: self.fiscal_address,
            address: self.address,
            email: self.email,
            phone: self.phone,
            website: self.website,
            language: self.language,
            currency: self.currency,
            tags: self.tags.unwrap_or_default(),
            notes: self.notes,
            custom_fields: self.custom_fields.unwrap_or_default(),
        };
        Ok(NewCustomer {
            details: form.parse(country)?,
            parent: self.parent_id,
            owner: self.owner_id,
            lead: None,
            contact: None,
            on_duplicate,
        })
    }
}

impl CustomerPatch {
    fn apply(self, form: &mut Form) {
        form.kind = self.kind.or(form.kind);
        if let Some(trade_name) = self.trade_name {
            form.trade_name = trade_name;
        }
        self.legal_name.apply(&mut form.legal_name);
        match self.tax_id {
            Patch::Keep => {}
            Patch::Clear => form.tax_id = None,
            Patch::Set(tax_id) => form.tax_id = Some((tax_id.country, tax_id.number)),
        }
        self.fiscal_regime.apply(&mut form.fiscal_regime);
        self.fiscal_address.apply(&mut form.fiscal_address);
        self.address.apply(&mut form.address);
        self.email.apply(&mut form.email);
        self.phone.apply(&mut form.phone);
        self.website.apply(&mut form.website);
        self.language.apply(&mut form.language);
        self.currency.apply(&mut form.currency);
        self.notes.apply(&mut form.notes);
        if let Some(tags) = self.tags {
            form.tags = tags;
        }
        for (name, value) in self.custom_fields.unwrap_or_default() {
            if value.is_null() {
                form.custom_fields.shift_remove(&name);
            } else {
                form.custom_fields.insert(name, value);
            }
        }
    }
}
