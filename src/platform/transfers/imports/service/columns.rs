//! What the columns of a file feed: by their names, by the company's fields, by a saved mapping, and by what was chosen.

use uuid::Uuid;

use super::NewImport;
use super::mappings::key_of;
use crate::kernel::Invalid;
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::sheets::mapping::{Mapping, headers_key};
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::{Importable, store};

/// The mapping of a new import, and the saved one that it is made of.
pub fn columns<I: Importable>(
    tx: &mut TenantTx<'_>,
    new: &NewImport,
) -> Result<(Mapping, Option<Uuid>), TransferError> {
    let headers = new.guessed.columns().iter().map(|column| column.header.as_str());
    let saved = match new.options.mapping_id {
        Some(id) => Some(store::mapping(tx, I::TABLES, id)?.ok_or_else(|| no_such_mapping(I::NAME))?),
        None => store::mapping_of(tx, I::TABLES, &key_of(&headers_key(headers)))?,
    };
    let fields = I::FIELDS.definitions(tx)?;
    let mut mapping = new.guessed.clone().with_fields(&fields);
    if let Some(saved) = &saved {
        mapping = mapping.with_saved(&saved.choices());
    }
    let mapping = mapping.with_overrides(&new.options.mapping);
    // What was chosen was checked when the file was opened.
    Ok((mapping.unwrap_or_else(|_| new.guessed.clone()), saved.map(|saved| saved.id)))
}

fn no_such_mapping(name: &str) -> Problem {
    let reason = Invalid::formatted(
        format!("is no saved mapping of this company; `GET /api/v1/{name}/imports/mappings` lists them"),
        format!(
            "no es una asignación guardada de esta empresa; `GET /api/v1/{name}/imports/mappings` las muestra"
        ),
    );
    Problem::invalid(vec![FieldError::at("/options/mapping_id", reason)])
}
