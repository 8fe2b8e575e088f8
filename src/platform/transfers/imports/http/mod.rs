//! What imports of all kinds of records have in common over HTTP.

mod mappings;
mod preview;
mod refused;
mod tus;
mod upload;
mod uploads;
mod views;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use actix_web::{FromRequest, HttpRequest};
use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

pub use mappings::{
    ImportMapping, ImportMappingRequest, add_mapping, get_mapping, list_mappings, remove_mapping,
    replace_mapping,
};
pub use preview::{ColumnView, ImportPreview, kept_as_text, preview, preview_view};
pub use refused::refused_rows;
pub use tus::Tus;
pub use upload::Imports;
use upload::{Room, Upload};
pub use uploads::{ImportUpload, append_to_upload, begin_upload, remove_upload, see_upload, upload_options};
use uploads::{Whole, whole};
pub use views::ImportView;

use super::Importable;
use super::domain::{ImportId, UploadId};
use super::service::{self, NewImport, Options, Worker};
use super::store;
use crate::kernel::Language;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::http::{Command, Cursor, Empty, Page, PageLimit, Reply, RequestContext, parse_json};
use crate::platform::idempotency::Once;
use crate::platform::problem::Problem;
use crate::platform::sheets::decode::Sheet;
use crate::platform::transfers::TransferError;

/// What a request may say of an import, beside its file.
pub trait ImportOptions: DeserializeOwned + Default + 'static {
    /// What that means; 422 with everything that is wrong.
    fn parse(self) -> Result<Options, Problem>;
}

/// A file that has arrived as an upload, and what to do with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploaded<O> {
    upload_id: UploadId,
    #[serde(default = "none")]
    options: Option<O>,
}

fn none<O>() -> Option<O> {
    None
}

/// A file that was opened.
struct Opened {
    once: Once,
    /// The file, if it can be read. A repetition of a request that was answered needs none.
    file: Result<(NewImport, Sheet), Problem>,
    /// The upload that it came as.
    upload: Option<UploadId>,
    /// The memory that it takes.
    room: Option<Room>,
}

/// Stores a file, of a form or of an upload; its rows are decided in the background.
pub async fn receive<I: Importable, O: ImportOptions>(
    request: &HttpRequest,
    payload: Payload,
    actor: Actor,
    imports: &Imports,
    db: &Db,
) -> Result<Reply, Problem> {
    let Opened { once, file, upload, room } = if is_json(request) {
        open_upload::<I, O>(request, payload, imports, db, &actor).await?
    } else {
        open_form::<I, O>(request, payload, imports).await?
    };
    let file = file.map(|(new, _)| new);
    let language = RequestContext::of(request).language();
    let reply = db
        .tenant(actor, move |tx| {
            let _until_it_is_stored = room;
            once.run(tx, |tx| {
                let row = service::receive::<I>(tx, &file?, Worker::Any)?;
                if let Some(upload) = upload {
                    store::delete_upload(tx, I::TABLES, upload)?;
                }
                let location = format!("/api/v1/{}/imports/{}", I::NAME, row.id);
                let view = ImportView::new(I::NAME, row, &[], language);
                Ok::<_, TransferError>(Reply::accepted(&view, location))
            })
        })
        .await?;
    imports.signal::<I>().notify_one();
    Ok(reply)
}

/// Reads and opens the file of a form.
async fn open_form<I: Importable, O: ImportOptions>(
    request: &HttpRequest,
    payload: Payload,
    imports: &Imports,
) -> Result<Opened, Problem> {
    let upload = upload::read(request, payload, imports).await?;
    let options = parse_json::<O>(&upload.options, "/options")?.parse()?;
    // Reading a large file takes a while, in which this thread would serve nobody.
    let opened = tokio::task::spawn_blocking(move || {
        let fingerprint = fingerprint(&upload);
        let Upload { file_name, content, room, .. } = upload;
        (fingerprint, NewImport::open::<I>("/file", file_name, content, options), room)
    });
    let (fingerprint, file, room) = opened.await.map_err(|_| Problem::internal())?;
    Ok(Opened { once: Once::of(request, &fingerprint)?, file, upload: None, room: Some(room) })
}

/// Opens the file of an upload.
async fn open_upload<I: Importable, O: ImportOptions>(
    request: &HttpRequest,
    payload: Payload,
    imports: &Imports,
    db: &Db,
    actor: &Actor,
) -> Result<Opened, Problem> {
    let Command { value, once } =
        Command::<Uploaded<O>>::from_request(request, &mut payload.into_inner()).await?;
    let id = value.upload_id;
    let options = value.options.unwrap_or_default().parse()?;
    let (file, room) = match whole::<I>(db, actor, id, imports).await {
        Ok(Whole { file_name, content, room }) => {
            let opened = tokio::task::spawn_blocking(move || {
                NewImport::open::<I>("/upload_id", file_name, content, options)
            });
            (opened.await.map_err(|_| Problem::internal())?, Some(room))
        }
        Err(problem) => (Err(problem), None),
    };
    Ok(Opened { once, file, upload: Some(id), room })
}

fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Which page of imports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportsQuery {
    /// Items a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 20)]
    pub limit: Option<PageLimit>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of imports.
pub async fn imports_page<I: Importable>(
    query: ImportsQuery,
    actor: Actor,
    language: Language,
    db: &Db,
) -> Result<Reply, Problem> {
    let limit = query.limit.unwrap_or_default();
    let place = query.cursor.as_deref().map(Cursor::read_time).transpose()?;
    db.read(actor, move |tx| {
        let (rows, reasons) = service::list::<I>(tx, place, limit)?;
        let page = Page::cut(rows, limit, |row| Cursor::write(&(row.created_at, row.id)));
        Ok::<_, Problem>(Reply::ok(&page.map(|row| ImportView::new(I::NAME, row, &reasons, language))))
    })
    .await
}

/// One import.
pub async fn get_import<I: Importable>(
    id: ImportId,
    actor: Actor,
    language: Language,
    db: &Db,
) -> Result<Reply, Problem> {
    db.read(actor, move |tx| {
        let (row, reasons) = service::find::<I>(tx, id)?;
        Ok::<_, Problem>(Reply::ok(&ImportView::new(I::NAME, row, &reasons, language)))
    })
    .await
}

/// Asks for an import to be undone.
pub async fn ask_undo<I: Importable>(
    id: ImportId,
    command: Command<Empty>,
    actor: Actor,
    language: Language,
    imports: &Imports,
    db: &Db,
) -> Result<Reply, Problem> {
    let once = command.once;
    let reply = db
        .tenant(actor, move |tx| {
            once.run(tx, |tx| {
                let row = service::ask_undo::<I>(tx, id)?;
                let reasons = store::reasons(tx, I::TABLES, &[row.id])?;
                let location = format!("/api/v1/{}/imports/{id}", I::NAME);
                let view = ImportView::new(I::NAME, row, &reasons, language);
                Ok::<_, TransferError>(Reply::accepted(&view, location))
            })
        })
        .await?;
    imports.undo_signal::<I>().notify_one();
    Ok(reply)
}

/// What a repetition under the same key must bring again.
fn fingerprint(upload: &Upload) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in [upload.file_name.as_str().as_bytes(), &upload.options, &upload.content] {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}
