//! The leads' part in becoming a customer: what is handed over, and the end of the lead's way.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{check_version, commit};
use crate::kernel::{EmailAddress, Line, Phone, Prose, WebUrl};
use crate::leads::contract::events::{LeadConverted, LeadStatusChanged};
use crate::leads::contract::{LeadId, LeadsError};
use crate::leads::domain::{Lead, Status};
use crate::leads::store;
use crate::platform::auth::UserId;
use crate::platform::db::TenantTx;

/// What a customer begins with, from a lead that is locked until the transaction ends.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// The lead.
    pub id: LeadId,
    /// The company.
    pub company_name: Line<255>,
    /// The person.
    pub contact_name: Option<Line<255>>,
    /// Their e-mail address.
    pub email: Option<EmailAddress>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// The company's web site.
    pub website: Option<WebUrl>,
    /// Who works on it.
    pub owner: Option<UserId>,
    /// Labels.
    pub tags: Vec<Line<50>>,
    /// Free text.
    pub notes: Option<Prose<10_000>>,
    /// What the tenant keeps beside.
    pub custom_fields: Map<String, Value>,
    lead: Lead,
}

/// Locks a lead that may become a customer, and tells what is known of it.
pub fn begin_conversion(
    tx: &mut TenantTx<'_>,
    id: LeadId,
    version: Option<i32>,
) -> Result<Prospect, LeadsError> {
    let lead = store::lock(tx, id)?;
    check_version(&lead, version)?;
    lead.status.go(Status::Converted)?;
    let details = lead.details.clone();
    Ok(Prospect {
        id,
        company_name: details.company_name,
        contact_name: details.contact_name,
        email: details.email,
        phone: details.phone,
        website: details.website,
        owner: lead.owner,
        tags: details.tags,
        notes: details.notes,
        custom_fields: details.custom_fields,
        lead,
    })
}

/// Ends the lead's way: it is `customer` now.
pub fn complete_conversion(
    tx: &mut TenantTx<'_>,
    prospect: Prospect,
    customer: Uuid,
) -> Result<(), LeadsError> {
    let (id, mut lead) = (prospect.id, prospect.lead);
    let from = lead.go(Status::Converted, None)?;
    (lead.next_follow_up_at, lead.follow_up_note) = (None, None);
    commit(tx, &mut lead, |_| LeadStatusChanged { id, from, to: Status::Converted, reason: None })?;
    let converted = LeadConverted {
        id,
        customer_id: customer,
        source: lead.details.source.to_string(),
        campaign: lead.last_touch.as_ref().and_then(|touch| touch.campaign.clone()),
    };
    tx.emit(id.uuid(), lead.version, &converted);
    Ok(())
}
