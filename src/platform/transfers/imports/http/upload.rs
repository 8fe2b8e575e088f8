//! Reading an upload: `multipart/form-data` with a `file` and optional `options`, bounded in size and in time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Payload};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::kernel::{Invalid, Message};
use crate::platform::auth::SightOf;
use crate::platform::http::BODY_LIMIT;
use crate::platform::problem::{FieldError, Problem};
use crate::platform::tasks::Tasks;
use crate::platform::transfers::imports::Importable;
use crate::platform::transfers::imports::domain::FileName;

/// The next piece of a body must arrive within this time, and all of it within [`WHOLE_DEADLINE`].
pub const PIECE_DEADLINE: Duration = Duration::from_secs(15);
/// 64 MB at 2 Mbit/s.
pub const WHOLE_DEADLINE: Duration = Duration::from_mins(5);
/// How long the rest of a refused body is thrown away.
const DRAIN_DEADLINE: Duration = Duration::from_secs(5);
/// Uploads of the largest size that fit into memory at once.
const LARGEST_AT_ONCE: usize = 4;
/// What the parts weigh beside their content.
const ENVELOPE: usize = 16 * 1024;

/// Imports worked off in turns on one server; each has its file in memory.
const AT_ONCE: usize = 3;

/// What imports of all kinds of records share: the size that a file may have, the memory for all of them, and the bells of
/// the workers.
#[derive(Clone)]
pub struct Imports {
    max_bytes: usize,
    /// Memory in KiB.
    room: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// By the task that hears it.
    bells: Arc<Mutex<HashMap<&'static str, Arc<Notify>>>>,
    tasks: Tasks,
    sight_of: SightOf,
}

impl Imports {
    /// Uploads of files of at most `max_bytes`; `tasks` go on with what a request leaves when its connection breaks, and
    /// `sight_of` knows what whoever asked for an import sees by the time that it is worked off.
    pub fn new(max_bytes: usize, tasks: &Tasks, sight_of: SightOf) -> Self {
        let room = Arc::new(Semaphore::new((max_bytes / 1024 + 1) * LARGEST_AT_ONCE));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self { max_bytes, room, places, bells: Arc::default(), tasks: tasks.clone(), sight_of }
    }

    /// Bytes that a file may have.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The tasks of the server.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// What whoever asked for an import sees by now.
    pub fn sight_of(&self) -> SightOf {
        self.sight_of.clone()
    }

    /// The places for imports that are worked off.
    pub fn places(&self) -> Arc<Semaphore> {
        self.places.clone()
    }

    /// Wakes the worker.
    pub fn signal<I: Importable>(&self) -> Arc<Notify> {
        self.bell(I::TASKS[0])
    }

    /// Wakes who undoes imports.
    pub fn undo_signal<I: Importable>(&self) -> Arc<Notify> {
        self.bell(I::TASKS[1])
    }

    fn bell(&self, task: &'static str) -> Arc<Notify> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(task).or_default().clone()
    }
}

/// An upload that has arrived.
pub struct Upload {
    /// What the file is called.
    pub file_name: FileName,
    /// The file.
    pub content: Vec<u8>,
    /// The options, as JSON; empty when there are none.
    pub options: Vec<u8>,
    /// The memory that it takes.
    pub room: Room,
}

/// Reads the upload in `payload`.
pub async fn read(request: &HttpRequest, payload: Payload, imports: &Imports) -> Result<Upload, Problem> {
    let payload = Rc::new(RefCell::new(payload));
    let refused = match announced(request, imports) {
        Ok(()) => {
            let reading = read_parts(request, payload.clone(), imports);
            match tokio::time::timeout(WHOLE_DEADLINE, reading).await {
                Ok(Ok(upload)) => return Ok(upload),
                Ok(Err(problem)) => problem,
                Err(_) => return Err(slow()),
            }
        }
        Err(problem) => problem,
    };
    drain(stream::poll_fn(move |context| payload.borrow_mut().poll_next_unpin(context)), imports.max_bytes)
        .await;
    Err(refused)
}

/// Refuses what the headers already tell to be wrong.
fn announced(request: &HttpRequest, imports: &Imports) -> Result<(), Problem> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "multipart/form-data" {
        return Err(Problem::unsupported_media_type("multipart/form-data"));
    }
    match text(CONTENT_LENGTH).parse::<usize>() {
        Ok(length) if length > imports.max_bytes + BODY_LIMIT + ENVELOPE => {
            Err(Problem::too_large(imports.max_bytes))
        }
        _ => Ok(()),
    }
}

/// Throws the rest of a refused body away, at most twice `largest` bytes, so that the client gets to read the answer.
pub async fn drain(mut body: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin, largest: usize) {
    let mut left = largest.saturating_mul(2);
    let draining = async {
        while let Some(Ok(piece)) = body.next().await {
            let Some(rest) = left.checked_sub(piece.len()) else { return };
            left = rest;
        }
    };
    // What does not end in time is cut off with the connection.
    drop(tokio::time::timeout(DRAIN_DEADLINE, draining).await);
}

/// The pieces of the body; more than `budget` bytes are an overflow.
fn pieces(
    payload: Rc<RefCell<Payload>>,
    budget: Rc<Cell<usize>>,
) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::poll_fn(move |context| {
        payload.borrow_mut().poll_next_unpin(context).map(|piece| {
            piece.map(|piece| {
                let piece = piece?;
                let rest = budget.get().checked_sub(piece.len()).ok_or(PayloadError::Overflow)?;
                budget.set(rest);
                Ok(piece)
            })
        })
    })
}

async fn read_parts(
    request: &HttpRequest,
    payload: Rc<RefCell<Payload>>,
    imports: &Imports,
) -> Result<Upload, Problem> {
    let limit = imports.max_bytes + BODY_LIMIT + ENVELOPE;
    let body = pieces(payload, Rc::new(Cell::new(limit)));
    let mut parts = Multipart::new(request.headers(), body);
    let (mut file, mut options) = (None, None);
    let mut room = Room::new(imports);
    while let Some(part) = next(&mut parts).await? {
        let mut part = part.map_err(|error| broken(&error, imports.max_bytes))?;
        match part.name().unwrap_or_default() {
            "file" if file.is_none() => {
                let name = file_name(&part)?;
                let content = content(&mut part, imports.max_bytes, |bytes| room.take(bytes)).await?;
                file = Some((name, content));
            }
            "options" if options.is_none() => {
                options = Some(content(&mut part, BODY_LIMIT, |_| Ok(())).await?);
            }
            name => return Err(unexpected(name)),
        }
    }
    let (file_name, content) = file.ok_or_else(|| {
        let reason = Invalid::new(
            "is missing: send the file as the part `file` of the form",
            "falta: envíe el archivo como la parte `file` del formulario",
        );
        refuse("/file", reason)
    })?;
    Ok(Upload { file_name, content, options: options.unwrap_or_default(), room })
}

async fn content(
    part: &mut Field,
    limit: usize,
    mut room_for: impl FnMut(usize) -> Result<(), Problem>,
) -> Result<Vec<u8>, Problem> {
    let mut content = Vec::new();
    while let Some(piece) = next(part).await? {
        let piece = piece.map_err(|error| broken(&error, limit))?;
        if content.len() + piece.len() > limit {
            return Err(Problem::too_large(limit));
        }
        room_for(content.len() + piece.len())?;
        content.extend_from_slice(&piece);
    }
    Ok(content)
}

async fn next<S: Stream + Unpin>(source: &mut S) -> Result<Option<S::Item>, Problem> {
    tokio::time::timeout(PIECE_DEADLINE, source.next()).await.map_err(|_| slow())
}

/// The memory that an upload takes, given back when this is dropped.
pub struct Room {
    of: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// No memory yet.
    pub fn new(imports: &Imports) -> Self {
        Self { of: imports.room.clone(), held: None }
    }

    /// Takes memory for `bytes` in all.
    pub fn take(&mut self, bytes: usize) -> Result<(), Problem> {
        let has = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let lacks = (bytes / 1024 + 1).saturating_sub(has);
        let more =
            u32::try_from(lacks).ok().and_then(|lacks| self.of.clone().try_acquire_many_owned(lacks).ok());
        let more = more.ok_or_else(|| {
            Problem::unavailable(
                "uploads-busy",
                Message::new(
                    "Too many files are being uploaded at this moment; try again",
                    "Se suben demasiados archivos en este momento; intente de nuevo",
                ),
            )
        })?;
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }
}

fn file_name(part: &Field) -> Result<FileName, Problem> {
    let disposition = part.content_disposition();
    let extended = disposition
        .and_then(|disposition| disposition.get_filename_ext())
        .map(|name| String::from_utf8_lossy(&name.value).into_owned());
    let name = extended.or_else(|| disposition?.get_filename().map(str::to_owned));
    match name.filter(|name| !name.is_empty()) {
        Some(name) => FileName::parse(&name).map_err(|reason| refuse("/file", reason)),
        None => Ok(FileName::unnamed()),
    }
}

fn unexpected(name: &str) -> Problem {
    let reason = if matches!(name, "file" | "options") {
        Invalid::new("is given twice; give it once", "está repetido; envíelo una vez")
    } else {
        Invalid::new(
            "is no part of this form, which has `file` and `options`",
            "no es una parte de este formulario, que tiene `file` y `options`",
        )
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    refuse(&format!("/{name}"), reason)
}

fn refuse(pointer: &str, reason: Invalid) -> Problem {
    Problem::invalid(vec![FieldError::at(pointer, reason)])
}

fn broken(error: &MultipartError, limit: usize) -> Problem {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => Problem::too_large(limit),
        _ => Problem::malformed(
            "malformed-form",
            Message::new(
                "The body is not a whole multipart form; send it as `multipart/form-data` with a boundary",
                "El cuerpo no es un formulario multipart completo; envíelo como `multipart/form-data` con un separador",
            ),
        ),
    }
}

/// 400: what comes comes too slowly.
pub fn slow() -> Problem {
    Problem::malformed(
        "slow-body",
        Message::new("The body took too long to arrive", "El cuerpo tardó demasiado en llegar"),
    )
}
