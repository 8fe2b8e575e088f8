//! Forms over HTTP: for those who make them, and for everybody who answers them.

mod forms;
mod pages;
mod public;
mod reading;
mod script;
mod views;

use actix_web::http::Method;
use actix_web::web::method;

use crate::platform::http::Routes;

/// Registers the operations on forms.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(forms::leads_list_forms)
        .service(forms::leads_create_form)
        .service(forms::leads_get_form)
        .service(forms::leads_change_form)
        .service(forms::leads_archive_form)
        .service(forms::leads_rotate_form_key)
        .service(forms::leads_form_results);
}

/// Registers what everybody may do with a form's key.
pub fn public_routes(config: &mut Routes<'_, '_>) {
    config
        .service(public::capture_submit)
        .service(script::capture_script)
        // What browsers ask by themselves is no operation of the API.
        .route("/api/v1/capture/{form_key}", method(Method::OPTIONS).to(public::preflight));
}
