//! Creating, reading, changing and deleting leads.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, patch, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::PeopleData;
use super::views::LeadView;
use super::{ReadLeads, WriteLeads};
use crate::kernel::{EmailAddress, Line, NonNegativeMoney, Phone, Prose, WebUrl};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{Consent, Form, Touch};
use crate::leads::service::{self, Change, NewLead, OnDuplicate, Outcome};
use crate::leads::store::Row;
use crate::platform::auth::{Authorized, UserId};
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, IfMatch, Patch, Query, Reply};
use crate::platform::problem::Problem;

/// A lead to create: a company, and an e-mail address or a phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "company_name": "Sastrería Nájera", "contact_name": "Inés Nájera", "email": "ines@sastrerianajera.mx",
    "phone": "+529711609009", "industry": "Confección", "employee_count": 5, "source": "website", "tags": ["istmo"],
    "custom_fields": { "localidad": "Salina Cruz" }, "utm": { "source": "facebook", "campaign": "otoño-2026" }
}))]
pub struct LeadRequest {
    /// The company.
    #[schema(value_type = Line<255>)]
    company_name: String,
    /// The person to speak to.
    #[schema(value_type = Option<Line<255>>)]
    contact_name: Option<String>,
    /// Their e-mail address.
    #[schema(value_type = Option<EmailAddress>)]
    email: Option<String>,
    /// Their phone; without a country code it is read as one of the tenant's country.
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
    /// The company's web site.
    #[schema(value_type = Option<WebUrl>)]
    website: Option<String>,
    /// What the company does.
    #[schema(value_type = Option<Line<100>>)]
    industry: Option<String>,
    /// How many people work there.
    #[schema(minimum = 0, maximum = 10_000_000)]
    employee_count: Option<i64>,
    /// What it sells in a year.
    annual_revenue: Option<NonNegativeMoney>,
    /// Where it came from; `manual` when not said.
    #[schema(value_type = Option<Line<100>>)]
    source: Option<String>,
    /// The user who works on it.
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
    /// How it found us.
    utm: Option<Touch>,
    /// What the person agreed to.
    consent: Option<Consent>,
}

/// What changes in a lead: what is left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "industry": "Confección", "notes": null }))]
pub struct LeadPatch {
    /// The company.
    #[schema(value_type = Option<Line<255>>, nullable = false)]
    #[serde(default)]
    company_name: Option<String>,
    /// The person to speak to.
    #[schema(value_type = Option<Line<255>>)]
    #[serde(default)]
    contact_name: Patch<String>,
    /// Their e-mail address.
    #[schema(value_type = Option<EmailAddress>)]
    #[serde(default)]
    email: Patch<String>,
    /// Their phone.
    #[schema(value_type = Option<Phone>)]
    #[serde(default)]
    phone: Patch<String>,
    /// The company's web site.
    #[schema(value_type = Option<WebUrl>)]
    #[serde(default)]
    website: Patch<String>,
    /// What the company does.
    #[schema(value_type = Option<Line<100>>)]
    #[serde(default)]
    industry: Patch<String>,
    /// How many people work there.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    #[serde(default)]
    employee_count: Patch<i64>,
    /// What it sells in a year.
    #[schema(value_type = Option<NonNegativeMoney>)]
    #[serde(default)]
    annual_revenue: Patch<NonNegativeMoney>,
    /// Where it came from.
    #[schema(value_type = Option<Line<100>>, nullable = false)]
    #[serde(default)]
    source: Option<String>,
    /// Labels: all of them.
    #[schema(value_type = Option<Vec<Line<50>>>, max_items = 50)]
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
    /// How it found us now.
    #[serde(default)]
    utm: Option<Touch>,
    /// What the person agreed to.
    #[schema(value_type = Option<Consent>)]
    #[serde(default)]
    consent: Patch<Consent>,
}

/// What to do when the e-mail or phone belongs to another lead.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CreateQuery {
    /// `update` the other lead, or `allow` both; refused with 409 when not said.
    #[param(inline)]
    on_duplicate: Option<DuplicateChoice>,
}

/// `update` or `allow`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DuplicateChoice {
    Update,
    Allow,
}

/// Create a lead
///
/// Creates a lead. Its e-mail address and phone must not belong to another lead, unless `on_duplicate` says otherwise.
#[utoipa::path(operation_id = "leads_create", tag = "leads", params(CreateQuery),
    security(("bearer" = ["leads:write"])), request_body = LeadRequest,
    responses((status = 201, description = "Created.", body = LeadView),
        (status = 200, description = "The existing lead, updated.", body = LeadView)))]
#[post("/api/v1/leads")]
pub async fn leads_create(
    who: Authorized<WriteLeads>,
    query: Query<CreateQuery>,
    command: Command<LeadRequest>,
    db: Data<Db>,
    people: PeopleData,
) -> Result<Reply, Problem> {
    let Command { value, once } = command;
    let new = value.parse(&who)?;
    let on_duplicate = match query.0.on_duplicate {
        None => OnDuplicate::Refuse,
        Some(DuplicateChoice::Update) => OnDuplicate::Update,
        Some(DuplicateChoice::Allow) => OnDuplicate::Allow,
    };
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            if let Some(owner) = new.owner {
                service::check_owner(tx, &**people, owner)?;
            }
            Ok::<_, LeadsError>(match service::create(tx, &**people, new, on_duplicate)? {
                Outcome::Created(row) => {
                    let (version, location) = (row.version, format!("/api/v1/leads/{}", row.id));
                    Reply::created(&LeadView::from(row), location).version(version)
                }
                Outcome::Updated(row) => reply(row),
            })
        })
    })
    .await
}

/// Read a lead
///
/// Reads a lead.
#[utoipa::path(operation_id = "leads_get", tag = "leads", params(("id" = LeadId, Path, description = "The lead.")),
    security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "The lead; its `ETag` is the version.", body = LeadView)))]
#[get("/api/v1/leads/{id}")]
pub async fn leads_get(who: Authorized<ReadLeads>, id: Path<LeadId>, db: Data<Db>) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| Ok::<_, Problem>(reply(service::find(tx, id)?))).await
}

/// Change a lead
///
/// Changes fields of a lead. Send `If-Match` with the version you read, and a change made in between is 412.
#[utoipa::path(operation_id = "leads_update", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    security(("bearer" = ["leads:write"])), request_body = LeadPatch,
    responses((status = 200, description = "The lead as it is now.", body = LeadView)))]
#[patch("/api/v1/leads/{id}")]
pub async fn leads_update(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    body: Body<LeadPatch>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, mut patch, country) = (id.into_inner(), body.0, who.caller().country);
    let touch = parse_touch(patch.utm.take())?;
    let change =
        Change { edit: move |form: &mut Form| patch.apply(form), country, touch, version: version.0 };
    db.tenant(who.actor(), move |tx| Ok::<_, Problem>(reply(service::update(tx, id, change)?))).await
}

/// Delete a lead
///
/// Deletes a lead with its contacts and activities. Its history stays in the audit.
#[utoipa::path(operation_id = "leads_delete", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    security(("bearer" = ["leads:write"])), responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/leads/{id}")]
pub async fn leads_delete(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    version: IfMatch,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::delete(tx, id, version.0)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

/// 200 with the lead and its version.
pub fn reply(row: Row) -> Reply {
    let version = row.version;
    Reply::ok(&LeadView::from(row)).version(version)
}

impl LeadRequest {
    fn parse(self, who: &Authorized<WriteLeads>) -> Result<NewLead, Problem> {
        let touch = parse_touch(self.utm)?;
        let form = Form {
            company_name: Some(self.company_name),
            contact_name: self.contact_name,
            email: self.email,
            phone: self.phone,
            website: self.website,
            industry: self.industry,
            employee_count: self.employee_count,
            annual_revenue: self.annual_revenue.map(Into::into),
            source: self.source,
            tags: self.tags.unwrap_or_default(),
            notes: self.notes,
            custom_fields: self.custom_fields.unwrap_or_default(),
            consent: self.consent,
        };
        Ok(NewLead { details: form.parse(who.caller().country)?, touch, owner: self.owner_id })
    }
}

impl LeadPatch {
    fn apply(self, form: &mut Form) {
        form.company_name = self.company_name.or(form.company_name.take());
        form.source = self.source.or(form.source.take());
        self.contact_name.apply(&mut form.contact_name);
        self.email.apply(&mut form.email);
        self.phone.apply(&mut form.phone);
        self.website.apply(&mut form.website);
        self.industry.apply(&mut form.industry);
        self.employee_count.apply(&mut form.employee_count);
        match self.annual_revenue {
            Patch::Keep => {}
            Patch::Clear => form.annual_revenue = None,
            Patch::Set(revenue) => form.annual_revenue = Some(revenue.into()),
        }
        self.notes.apply(&mut form.notes);
        self.consent.apply(&mut form.consent);
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

fn parse_touch(touch: Option<Touch>) -> Result<Option<Touch>, Problem> {
    let mut fields = Fields::default();
    let touch = touch.and_then(|touch| touch.parse(&mut fields));
    fields.finish()?;
    Ok(touch)
}
