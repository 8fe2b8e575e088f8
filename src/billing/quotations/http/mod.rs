//! Quotations over HTTP: for sellers, and for the customers who have a link.

mod drafts;
mod listing;
mod progress;
mod public;
mod rules;
mod versions;
mod views;

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::Quotations;
use super::service;
use super::store::QuotationRow;
use crate::identity::People;
use crate::platform::auth::Permission;
use crate::platform::db::TenantTx;
use crate::platform::http::{Reply, Routes, client_address, place_of};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;
pub use drafts::DraftRequest;
use views::QuotationView;

/// What quotations ask of identity, as the server shares it.
type PeopleData = Data<dyn People>;

/// `billing:approve`: let sellers offer what the rules do not let them.
pub struct Approve;

/// `tenant:write`: how the company works with quotations.
pub struct ConfigureQuotations;

impl Permission for Approve {
    const NAME: &'static str = "billing:approve";
}

impl Permission for ConfigureQuotations {
    const NAME: &'static str = "tenant:write";
}

/// Registers the operations on quotations; fixed paths stand before those with an identifier.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(listing::quotations_list)
        .service(drafts::quotations_create)
        .service(rules::quotations_rules)
        .service(rules::quotations_set_rules)
        .service(listing::quotations_get)
        .service(drafts::quotations_update)
        .service(drafts::quotations_replace_lines)
        .service(drafts::quotations_duplicate)
        .service(progress::quotations_request_approval)
        .service(progress::quotations_decide_approval)
        .service(progress::quotations_send)
        .service(progress::quotations_accept)
        .service(progress::quotations_cancel)
        .service(versions::quotations_versions)
        .service(versions::quotations_version)
        .service(versions::quotations_compare);
}

/// Registers what everybody may do with a quotation's link.
pub fn public_routes(config: &mut Routes<'_, '_>) {
    config.service(public::quotations_show).service(public::quotations_answer);
}

/// The quotation as sellers see it.
fn view(tx: &mut TenantTx<'_>, quotations: &Quotations, row: QuotationRow) -> Result<QuotationView, Problem> {
    let token = service::token(tx, &quotations.seal, &row)?;
    let whole = service::whole(tx, row)?;
    let link = token.map(|token| quotations.link(&token));
    Ok(QuotationView::new(whole, link))
}

/// 200 with the quotation and its version.
fn reply(tx: &mut TenantTx<'_>, quotations: &Quotations, row: QuotationRow) -> Result<Reply, Problem> {
    let version = row.version;
    Ok(Reply::ok(&view(tx, quotations, row)?).version(version))
}

/// 201 with the quotation and its version.
fn created(tx: &mut TenantTx<'_>, quotations: &Quotations, row: QuotationRow) -> Result<Reply, Problem> {
    let (version, location) = (row.version, format!("/api/v1/quotations/{}", row.id));
    Ok(Reply::created(&view(tx, quotations, row)?, location).version(version))
}

impl Quotations {
    /// Counts a request to a link; refused where its address sends too many.
    pub(in crate::billing) fn limit(&self, request: &HttpRequest, limits: &Limits) -> Result<(), Problem> {
        match client_address(request) {
            Some(address) => {
                limits.check(format!("quotation {}", place_of(address)), self.settings.per_address)
            }
            None => Ok(()),
        }
    }

    /// Where the customer sees and answers a quotation.
    pub(in crate::billing::quotations) fn link(&self, token: &str) -> String {
        format!("{}/api/v1/public/quotations/{token}", self.settings.public_url)
    }
}
