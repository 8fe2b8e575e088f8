//! The people of a customer.

use actix_web::web::{Data, Path};
use actix_web::{delete, get, post, put};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::CustomerContactView;
use super::{ReadCustomers, WriteCustomers};
use crate::crm::contract::{CrmError, CustomerId};
use crate::crm::customers::service::{self, NewContact};
use crate::kernel::{Country, EmailAddress, Line, Phone};
use crate::platform::auth::Authorized;
use crate::platform::db::Db;
use crate::platform::http::{Body, Command, Fields, Page, Reply};
use crate::platform::problem::Problem;

/// A person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Inés Nájera", "role": "Compras", "email": "ines@sastrerianajera.mx", "is_primary": true }))]
pub struct CustomerContactRequest {
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
    /// Whether they are the one to speak to first, in the place of who was.
    is_primary: Option<bool>,
}

/// Add a contact
///
/// Adds a person to a customer. The first one is primary; a later one is when it says so.
#[utoipa::path(operation_id = "customers_add_contact", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer.")), security(("bearer" = ["crm:write"])), request_body = CustomerContactRequest,
    responses((status = 201, description = "Added.", body = CustomerContactView)))]
#[post("/api/v1/customers/{id}/contacts")]
pub async fn customers_add_contact(
    who: Authorized<WriteCustomers>,
    id: Path<CustomerId>,
    command: Command<CustomerContactRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, once) = (id.into_inner(), command.once);
    let new = command.value.parse(who.caller().country)?;
    db.tenant(who.actor(), move |tx| {
        once.run(tx, |tx| {
            let row = service::add_contact(tx, id, &new)?;
            let location = format!("/api/v1/customers/{id}/contacts/{}", row.id);
            Ok::<_, CrmError>(Reply::created(&CustomerContactView::from(row), location))
        })
    })
    .await
}

/// List contacts
///
/// Lists all people of a customer; there are at most 100.
#[utoipa::path(operation_id = "customers_list_contacts", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer.")), security(("bearer" = ["crm:read"])),
    responses((status = 200, description = "All contacts.", body = Page<CustomerContactView>)))]
#[get("/api/v1/customers/{id}/contacts")]
pub async fn customers_list_contacts(
    who: Authorized<ReadCustomers>,
    id: Path<CustomerId>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let id = id.into_inner();
    db.read(who.actor(), move |tx| {
        let data = service::contacts(tx, id)?.into_iter().map(CustomerContactView::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Replace a contact
///
/// Replaces what is known of a person. Who is primary stays so until another one is.
#[utoipa::path(operation_id = "customers_change_contact", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer."), ("contact_id" = Uuid, Path, description = "The contact.")),
    security(("bearer" = ["crm:write"])), request_body = CustomerContactRequest,
    responses((status = 200, description = "The contact as it is now.", body = CustomerContactView),
        (status = 409, description = "The customer is archived.")))]
#[put("/api/v1/customers/{id}/contacts/{contact_id}")]
pub async fn customers_change_contact(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    body: Body<CustomerContactRequest>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contact_id) = path.into_inner();
    let new = body.0.parse(who.caller().country)?;
    db.tenant(who.actor(), move |tx| {
        let row = service::change_contact(tx, id, contact_id, &new)?;
        Ok::<_, Problem>(Reply::ok(&CustomerContactView::from(row)))
    })
    .await
}

/// Remove a contact
///
/// Takes a person from a customer. When it was the primary one, who came first of the others is.
#[utoipa::path(operation_id = "customers_remove_contact", tag = "customers",
    params(("id" = CustomerId, Path, description = "The customer."), ("contact_id" = Uuid, Path, description = "The contact.")),
    security(("bearer" = ["crm:write"])), responses((status = 204, description = "Gone."),
        (status = 409, description = "The customer is archived.")))]
#[delete("/api/v1/customers/{id}/contacts/{contact_id}")]
pub async fn customers_remove_contact(
    who: Authorized<WriteCustomers>,
    path: Path<(CustomerId, Uuid)>,
    db: Data<Db>,
) -> Result<Reply, Problem> {
    let (id, contact_id) = path.into_inner();
    db.tenant(who.actor(), move |tx| {
        service::remove_contact(tx, id, contact_id)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

impl CustomerContactRequest {
    fn parse(self, country: Country) -> Result<NewContact, Problem> {
        let mut fields = Fields::default();
        let name = fields.take("/name", Line::parse(&self.name));
        let role = fields.take_optional("/role", self.role.as_deref(), Line::parse);
        let email = fields.take_optional("/email", self.email.as_deref(), EmailAddress::parse);
        let phone = fields.take_optional("/phone", self.phone.as_deref(), |text| Phone::parse(text, country));
        fields.finish()?;
        let name = name.ok_or_else(Problem::internal)?;
        Ok(NewContact { name, role, email, phone, is_primary: self.is_primary.unwrap_or_default() })
    }
}
