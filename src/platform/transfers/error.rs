//! Why something about imports and exports was refused.

use serde_json::json;
use uuid::Uuid;

use crate::kernel::Message;
use crate::platform::db::DbError;
use crate::platform::problem::{AsProblem, Problem};

/// Why something about an import or an export was refused.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Not there, or another tenant's.
    #[error("no such import")]
    ImportNotFound,
    /// It is not done, was undone, only counted, or is too old.
    #[error("the import cannot be undone")]
    ImportOver,
    /// Not there, forgotten, an import by now, or another tenant's.
    #[error("no such upload")]
    UploadNotFound,
    /// Less of it has arrived than was announced.
    #[error("the upload is not whole")]
    UploadIncomplete,
    /// Not the byte that comes next.
    #[error("the upload goes on at byte {0}")]
    UploadElsewhere(i64),
    /// Not there, forgotten, or another tenant's.
    #[error("no such export")]
    ExportNotFound,
    /// Its file is not there yet, or will never be.
    #[error("the export has no file")]
    ExportNotReady,
    /// Not there, or another tenant's.
    #[error("no such saved mapping")]
    MappingNotFound,
    /// The tenant has a mapping of that name.
    #[error("the name belongs to mapping {0}")]
    MappingNameTaken(Uuid),
    /// Somebody changed it since it was read.
    #[error("it has version {0}")]
    Stale(i32),
    /// Somebody did something between reading and writing: whoever tries again reads something else.
    #[error("{0}")]
    Meanwhile(Problem),
    /// The request itself, or a record, is refused.
    #[error("{0}")]
    Refused(Problem),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
}

impl From<Problem> for TransferError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl AsProblem for TransferError {
    fn as_problem(&self) -> Problem {
        match self {
            Self::ImportNotFound => Problem::not_found(
                "import-not-found",
                Message::new("No such import", "No existe esa importación"),
            ),
            Self::ImportOver => import_over(),
            Self::UploadNotFound => {
                Problem::not_found("upload-not-found", Message::new("No such upload", "No existe esa carga"))
            }
            Self::UploadIncomplete => upload_incomplete(),
            Self::UploadElsewhere(received) => upload_elsewhere(*received),
            Self::ExportNotFound => Problem::not_found(
                "export-not-found",
                Message::new("No such export", "No existe esa exportación"),
            ),
            Self::ExportNotReady => export_not_ready(),
            Self::MappingNotFound => Problem::not_found(
                "import-mapping-not-found",
                Message::new("No such saved mapping", "No existe esa asignación guardada"),
            ),
            Self::MappingNameTaken(existing) => mapping_name_taken(*existing),
            Self::Stale(version) => Problem::stale(*version),
            Self::Meanwhile(problem) | Self::Refused(problem) => problem.clone(),
            Self::Db(error) => error.as_problem(),
        }
    }
}

/// 409: there is nothing to take back, or it is too late.
fn import_over() -> Problem {
    Problem::conflict(
        "import-over",
        Message::new(
            "The import cannot be undone: it is not done, was undone, only counted, or ended more than 30 days ago",
            "La importación no se puede deshacer: no ha terminado, ya se deshizo, solo contó o terminó hace más de 30 días",
        ),
    )
}

/// 409: the tenant has a mapping of that name.
fn mapping_name_taken(existing: Uuid) -> Problem {
    Problem::conflict(
        "import-mapping-name-taken",
        Message::new(
            "There is a saved mapping with this name",
            "Ya hay una asignación guardada con este nombre",
        ),
    )
    .member("existing_id", json!(existing))
}

/// 409: there is no file.
fn export_not_ready() -> Problem {
    Problem::conflict(
        "export-not-ready",
        Message::new(
            "The file is not there: wait until the export is `completed`",
            "El archivo aún no existe: espere a que la exportación esté en `completed`",
        ),
    )
}

/// 409: only a whole file is imported.
fn upload_incomplete() -> Problem {
    Problem::conflict(
        "upload-incomplete",
        Message::new(
            "The upload is not whole: `HEAD` tells where it stands, send the rest with `PATCH`",
            "La carga no está completa: `HEAD` indica dónde va, envíe el resto con `PATCH`",
        ),
    )
}

/// 409: the upload goes on at another byte.
fn upload_elsewhere(received: i64) -> Problem {
    let title = Message::new("The upload stands elsewhere", "La carga va en otro punto");
    Problem::conflict("upload-elsewhere", title)
        .detail(Message::formatted(
            format!("{received} bytes have arrived; send the next ones with `Upload-Offset: {received}`"),
            format!("Han llegado {received} bytes; envíe los siguientes con `Upload-Offset: {received}`"),
        ))
        .member("received", json!(received))
}
