//! Leads over HTTP.

mod activities;
mod assignment;
mod bulk;
mod contacts;
mod fields;
mod filter;
mod listing;
mod merges;
mod progress;
mod records;
mod timeline;
mod views;

use actix_web::web::Data;

use crate::identity::People;
use crate::platform::auth::Permission;
use crate::platform::http::Routes;

pub use filter::LeadFilter;
pub use listing::sort;

/// What leads ask of identity, as the server shares it.
pub type PeopleData = Data<dyn People>;

/// `leads:read`
pub struct ReadLeads;

/// `leads:write`
pub struct WriteLeads;

/// `tenant:write`: how the company works with leads, such as fields and rules.
pub struct ConfigureLeads;

impl Permission for ConfigureLeads {
    const NAME: &'static str = "tenant:write";
}

impl Permission for ReadLeads {
    const NAME: &'static str = "leads:read";
}

impl Permission for WriteLeads {
    const NAME: &'static str = "leads:write";
}

/// Registers the operations on leads; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(listing::leads_list)
        .service(listing::leads_summary)
        .configure(crate::leads::imports::routes)
        .configure(crate::leads::capture::routes)
        .configure(crate::leads::exports::routes)
        .service(fields::leads_list_fields)
        .service(fields::leads_define_field)
        .service(fields::leads_get_field)
        .service(fields::leads_change_field)
        .service(fields::leads_archive_field)
        .service(assignment::leads_list_assignment_rules)
        .service(assignment::leads_add_assignment_rule)
        .service(assignment::leads_get_assignment_rule)
        .service(assignment::leads_change_assignment_rule)
        .service(assignment::leads_remove_assignment_rule)
        .service(bulk::leads_bulk)
        .service(merges::leads_duplicates)
        .service(merges::leads_list_merges)
        .service(merges::leads_undo_merge)
        .service(merges::leads_merge)
        .service(records::leads_create)
        .service(records::leads_get)
        .service(records::leads_update)
        .service(records::leads_delete)
        .service(progress::leads_assign)
        .service(progress::leads_change_status)
        .service(progress::leads_qualify)
        .service(progress::leads_disqualify)
        .service(progress::leads_schedule_follow_up)
        .service(progress::leads_score)
        .service(timeline::leads_timeline)
        .service(activities::leads_log_activity)
        .service(activities::leads_list_activities)
        .service(contacts::leads_add_contact)
        .service(contacts::leads_list_contacts)
        .service(contacts::leads_change_contact)
        .service(contacts::leads_remove_contact)
        .configure(crate::leads::capture::public_routes);
}
