//! The people of a lead.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::ContactView;
use super::{ReadLeads, WriteLeads};
use crate::kernel::{Country, EmailAddress, Line, Phone};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::service::{self, NewContact};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, Page, Reply};
use crate::platform::problem::Problem;

/// A person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Inés Nájera", "role": "Compras", "email": "ines@sastrerianajera.mx" }))]
pub struct ContactRequest {
    /// Their name.
    #[schema(value_type = Line<255>)]
    name: String,
    /// What they do there.
    #[schema(value_type = Option<Line<100>>)]
    role: Option<String>,
    /// Their e-mail address.
    #[schema(value_type = Option<EmailAddress>)]
    email: Option<String>,
    /// Their phone.
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
}

/// Add a contact
///
/// Adds a person to a lead.
#[utoipa::path(operation_id = "leads_add_contact", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead.")), security(("bearer" = ["leads:write"])), request_body = ContactRequest,
    responses((status = 201, description = "Added.", body = ContactView)))]
#[post("/api/v1/leads/{id}/contacts")]
pub async fn leads_add_contact(
    who: Authorized<WriteLeads>,
    id: Path<LeadId>,
    command: Command<ContactRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    let new = command.value.parse(who.caller().country)?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::add_contact(tx, id, &new)?;
            let location = format!("/api/v1/leads/{id}/contacts/{}", row.id);
            Ok::<_, LeadsError>(Reply::created(&ContactView::from(row), location))
        })
    })
    .await
}

/// List contacts
///
/// Lists all people of a lead; there are at most 100.
#[utoipa::path(operation_id = "leads_list_contacts", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead.")), security(("bearer" = ["leads:read"])),
    responses((status = 200, description = "All contacts.", body = Page<ContactView>)))]
#[get("/api/v1/leads/{id}/contacts")]
pub async fn leads_list_contacts(
    who: Authorized<ReadLeads>,
    id: Path<LeadId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let data = service::contacts(tx, id)?.into_iter().map(ContactView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Replace a contact
///
/// Replaces what is known of a person.
#[utoipa::path(operation_id = "leads_change_contact", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("contact_id" = Uuid, Path, description = "The contact.")),
    security(("bearer" = ["leads:write"])), request_body = ContactRequest,
    responses((status = 200, description = "The contact as it is now.", body = ContactView)))]
#[put("/api/v1/leads/{id}/contacts/{contact_id}")]
pub async fn leads_change_contact(
    who: Authorized<WriteLeads>,
    path: Path<(LeadId, Uuid)>,
    body: Body<ContactRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contact_id) = path.into_inner();
    let new = body.0.parse(who.caller().country)?;
    db.tenant(who.actor(), move |tx| {
        let row = service::change_contact(tx, id, contact_id, &new)?;
        Ok::<_, Problem>(Reply::ok(&ContactView::from(row)))
    })
    .await
}

/// Remove a contact
///
/// Takes a person from a lead.
#[utoipa::path(operation_id = "leads_remove_contact", tag = "leads",
    params(("id" = LeadId, Path, description = "The lead."), ("contact_id" = Uuid, Path, description = "The contact.")),
    security(("bearer" = ["leads:write"])), responses((status = 204, description = "Gone.")))]
#[delete("/api/v1/leads/{id}/contacts/{contact_id}")]
pub async fn leads_remove_contact(
    who: Authorized<WriteLeads>,
    path: Path<(LeadId, Uuid)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contact_id) = path.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove_contact(tx, id, contact_id)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

impl ContactRequest {
    fn parse(self, country: Country) -> Result<NewContact, Problem> {
        let mut fields = Fields::default();
        let name = fields.take("/name", Line::parse(&self.name));
        let role = fields.take_optional("/role", self.role.as_deref(), Line::parse);
        let email = fields.take_optional("/email", self.email.as_deref(), EmailAddress::parse);
        let phone = fields.take_optional("/phone", self.phone.as_deref(), |text| Phone::parse(text, country));
        fields.finish()?;
        let name = name.ok_or_else(Problem::internal)?;
        Ok(NewContact { name, role, email, phone })
    }
}
