//! Saved mappings of columns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::Line;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::http::{Command, Page, Reply};
use crate::platform::problem::Problem;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::store::MappingRow;
use crate::platform::transfers::imports::{Importable, service};

/// What the columns of a kind of file feed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Directorio de empresas",
    "mapping": { "nom_estab": "company_name", "telefono": "phone", "correoelec": "email", "municipio": "custom:municipio" }
}))]
pub struct ImportMappingRequest {
    /// What it is called; no two have the same name.
    #[schema(value_type = Line<100>)]
    name: String,
    /// `{"<column>": "<field>"}` with a field of the record, `ignore` or `custom:<name>`: all columns of the file, so that the next
    /// one is recognised.
    #[schema(value_type = Object)]
    mapping: BTreeMap<String, String>,
}

/// A saved mapping.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c51", "name": "Directorio de empresas",
    "mapping": { "nom_estab": "company_name", "telefono": "phone" }, "version": 1,
    "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
}))]
pub struct ImportMapping {
    /// The mapping's identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What each column feeds.
    #[schema(value_type = Object)]
    pub mapping: Value,
    /// Counts the changes; also the `ETag`.
    pub version: i32,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// All saved mappings.
pub async fn list_mappings<I: Importable>(actor: Actor, db: &Db) -> Result<Reply, Problem> {
    db.read(actor, |tx| {
        let data = service::mappings::<I>(tx)?.into_iter().map(ImportMapping::from).collect();
        Ok::<_, Problem>(Reply::ok(&Page::whole(data)))
    })
    .await
}

/// Saves a mapping.
pub async fn add_mapping<I: Importable>(
    command: Command<ImportMappingRequest>,
    actor: Actor,
    db: &Db,
) -> Result<Reply, Problem> {
    let (request, once) = (command.value, command.once);
    db.tenant(actor, move |tx| {
        once.run(tx, |tx| {
            let row = service::add_mapping::<I>(tx, &request.name, &request.mapping)?;
            let location = format!("/api/v1/{}/imports/mappings/{}", I::NAME, row.id);
            let version = row.version;
            Ok::<_, TransferError>(Reply::created(&ImportMapping::from(row), location).version(version))
        })
    })
    .await
}

/// One saved mapping.
pub async fn get_mapping<I: Importable>(id: Uuid, actor: Actor, db: &Db) -> Result<Reply, Problem> {
    db.read(actor, move |tx| Ok::<_, Problem>(reply(service::mapping::<I>(tx, id)?))).await
}

/// Replaces name and columns of a saved mapping.
pub async fn replace_mapping<I: Importable>(
    id: Uuid,
    version: Option<i32>,
    request: ImportMappingRequest,
    actor: Actor,
    db: &Db,
) -> Result<Reply, Problem> {
    db.tenant(actor, move |tx| {
        let row = service::replace_mapping::<I>(tx, id, version, &request.name, &request.mapping)?;
        Ok::<_, Problem>(reply(row))
    })
    .await
}

/// Takes a saved mapping away.
pub async fn remove_mapping<I: Importable>(
    id: Uuid,
    version: Option<i32>,
    actor: Actor,
    db: &Db,
) -> Result<Reply, Problem> {
    db.tenant(actor, move |tx| {
        service::remove_mapping::<I>(tx, id, version)?;
        Ok::<_, Problem>(Reply::no_content())
    })
    .await
}

fn reply(row: MappingRow) -> Reply {
    let version = row.version;
    Reply::ok(&ImportMapping::from(row)).version(version)
}

impl From<MappingRow> for ImportMapping {
    fn from(row: MappingRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            mapping: row.fields,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
