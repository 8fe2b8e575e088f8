//! What the columns of a file feed: by their names, by the company's fields, by a saved mapping, and by what was chosen.

use uuid::Uuid;

use super::NewImport;
use super::mappings::key_of;
use crate::identity::TenantSettings;
use crate::kernel::{FieldSet, Invalid};
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::{RowContext, Settings};
use crate::leads::imports::store;
use crate::leads::service as lead_service;
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::sheets::mapping::{Mapping, headers_key};

/// The mapping of a new import, and the saved one that it is made of.
pub fn columns(tx: &mut TenantTx<'_>, new: &NewImport) -> Result<(Mapping, Option<Uuid>), LeadsError> {
    let headers = new.guessed.columns().iter().map(|column| column.header.as_str());
    let saved = match new.options.mapping_id {
        Some(id) => Some(store::mapping(tx, id)?.ok_or_else(no_such_mapping)?),
        None => store::mapping_of(tx, &key_of(&headers_key(headers)))?,
    };
    let fields = lead_service::definitions(tx)?;
    let mut mapping = new.guessed.clone().with_fields(&fields);
    if let Some(saved) = &saved {
        mapping = mapping.with_saved(&saved.choices());
    }
    let mapping = mapping.with_overrides(&new.options.mapping);
    // What was chosen was checked when the file was opened.
    Ok((mapping.unwrap_or_else(|_| new.guessed.clone()), saved.map(|saved| saved.id)))
}

/// How rows of an import with `settings` are read in a company with `tenant`'s settings and `fields`.
pub fn row_context(settings: Settings, tenant: &TenantSettings, fields: FieldSet) -> RowContext {
    RowContext {
        country: settings.country.unwrap_or(tenant.country),
        currency: tenant.currency,
        zone: tenant.time_zone,
        source: settings.source,
        fields,
    }
}

/// Why nothing in a file could be an e-mail address or a phone.
pub fn unreachable(mapping: &Mapping) -> Option<Invalid> {
    if mapping.feeds_named("email") || mapping.feeds_named("phone") {
        return None;
    }
    let names: Vec<String> =
        mapping.columns().iter().take(30).map(|column| format!("\"{}\"", column.header)).collect();
    let names = names.join(", ");
    Some(Invalid::formatted(
        format!(
            "No column is known to hold e-mails or phones; say which one does, as {{\"<column>\": \"email\"}}. The columns are: {names}."
        ),
        format!(
            "Ninguna columna parece tener correos o teléfonos; indique cuál, como {{\"<columna>\": \"email\"}}. Las columnas son: {names}."
        ),
    ))
}

fn no_such_mapping() -> Problem {
    let reason = Invalid::new(
        "is no saved mapping of this company; `GET /api/v1/leads/imports/mappings` lists them",
        "no es una asignación guardada de esta empresa; `GET /api/v1/leads/imports/mappings` las muestra",
    );
    Problem::invalid(vec![FieldError::at("/options/mapping_id", reason)])
}
