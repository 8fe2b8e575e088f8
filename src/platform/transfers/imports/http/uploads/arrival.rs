//! Bytes of an upload on their way into the database, and back when all are there.

use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::kernel::Message;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::problem::Problem;
use crate::platform::transfers::imports::domain::{FileName, UploadId};
use crate::platform::transfers::imports::http::Imports;
use crate::platform::transfers::imports::http::upload::{PIECE_DEADLINE, Room, WHOLE_DEADLINE, slow};
use crate::platform::transfers::imports::store::{self, UPLOAD_PIECE_BYTES};
use crate::platform::transfers::imports::{Importable, service};
use crate::platform::transfers::{TransferError, TransferTables};

/// Parts of a body that wait for the database.
const WAITING: usize = 4;

/// Adds to an upload.
pub struct Append {
    /// Where it is kept.
    pub db: Db,
    /// Who adds.
    pub actor: Actor,
    /// Which upload.
    pub id: UploadId,
    /// Where uploads of its kind are kept.
    pub tables: TransferTables,
}

/// A file that has arrived as an upload.
pub struct Whole {
    /// What it is called.
    pub file_name: FileName,
    /// The file.
    pub content: Vec<u8>,
    /// The memory that it takes.
    pub room: Room,
}

impl Append {
    /// Adds what comes of `payload`, at most `left` bytes, behind byte `offset`; answers how many have arrived then.
    ///
    /// A broken connection may end the request with its handler at any moment, so that the database is written by a task
    /// of its own: it keeps what came before the break.
    pub async fn run(
        self,
        payload: &mut Payload,
        offset: i64,
        left: usize,
        imports: &Imports,
    ) -> Result<i64, Problem> {
        let (parts, arriving) = mpsc::channel(WAITING);
        let (done, outcome) = oneshot::channel();
        imports.tasks().spawn(async move {
            let kept = self.keep(offset, arriving).await;
            if let Err(Err(error)) = done.send(kept) {
                tracing::info!(%error, "nobody is left to be told why a part of an upload was not kept");
            }
        });
        let read = read(payload, left, parts).await;
        let received = outcome.await.map_err(|_| Problem::internal())??;
        read.map(|()| received)
    }

    /// Keeps what arrives, a piece in each transaction.
    async fn keep(self, mut offset: i64, mut arriving: mpsc::Receiver<Bytes>) -> Result<i64, TransferError> {
        let mut piece = Vec::with_capacity(UPLOAD_PIECE_BYTES);
        while let Some(part) = arriving.recv().await {
            piece.extend_from_slice(&part);
            let behind = usize::try_from(offset).unwrap_or_default() % UPLOAD_PIECE_BYTES;
            if behind + piece.len() >= UPLOAD_PIECE_BYTES {
                let whole = (behind + piece.len()) / UPLOAD_PIECE_BYTES * UPLOAD_PIECE_BYTES - behind;
                let rest = piece.split_off(whole);
                offset = self.write(offset, piece).await?;
                piece = rest;
            }
        }
        if piece.is_empty() { Ok(offset) } else { self.write(offset, piece).await }
    }

    async fn write(&self, offset: i64, piece: Vec<u8>) -> Result<i64, TransferError> {
        let (id, at) = (self.id, self.tables);
        self.db
            .tenant(self.actor.clone(), move |tx| store::append_to_upload(tx, at, id, offset, &piece))
            .await
    }
}

/// Passes the body on as it comes; ends early when nobody takes it any more.
async fn read(payload: &mut Payload, mut left: usize, parts: mpsc::Sender<Bytes>) -> Result<(), Problem> {
    let end = Instant::now() + WHOLE_DEADLINE;
    loop {
        let next = timeout_at(end.min(Instant::now() + PIECE_DEADLINE), payload.next());
        let Some(part) = next.await.map_err(|_| slow())? else { return Ok(()) };
        let part = part.map_err(|_| {
            Problem::malformed(
                "broken-body",
                Message::new("The body broke off", "El cuerpo llegó incompleto"),
            )
        })?;
        left = left.checked_sub(part.len()).ok_or_else(|| Problem::too_large(left))?;
        if parts.send(part).await.is_err() {
            return Ok(());
        }
    }
}

/// The file of an upload, which must be whole.
pub async fn whole<I: Importable>(
    db: &Db,
    actor: &Actor,
    id: UploadId,
    imports: &Imports,
) -> Result<Whole, Problem> {
    let row = db.read(actor.clone(), move |tx| service::whole_upload::<I>(tx, id)).await?;
    let length = usize::try_from(row.length).unwrap_or(usize::MAX);
    let mut room = Room::new(imports);
    room.take(length)?;
    let mut content = Vec::with_capacity(length);
    for number in 0.. {
        let piece = db.read(actor.clone(), move |tx| store::upload_piece(tx, I::TABLES, id, number)).await?;
        let Some(piece) = piece else { break };
        content.extend(piece);
    }
    if content.len() != length {
        // It was imported or given up meanwhile.
        return Err(TransferError::UploadNotFound.into());
    }
    let file_name = FileName::parse(&row.file_name).unwrap_or_else(|_| FileName::unnamed());
    Ok(Whole { file_name, content, room })
}
