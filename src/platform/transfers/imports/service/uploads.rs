//! Uploads that may break off and go on.

use crate::kernel::Message;
use crate::platform::db::TenantTx;
use crate::platform::id::Id;
use crate::platform::problem::Problem;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::allowance::Allowance;
use crate::platform::transfers::imports::Importable;
use crate::platform::transfers::imports::domain::{FileName, UploadId};
use crate::platform::transfers::imports::store::{self, UploadRow};

/// Uploads that a tenant may have at the same time.
pub(super) const UPLOADS: Allowance =
    Allowance { at_most: 20, count: store::upload_count, full: too_many_uploads };

/// A file that is announced.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// What it is called.
    pub file_name: FileName,
    /// What else is said of it, as it was said.
    pub metadata: String,
    /// Its bytes.
    pub length: i64,
}

/// Takes note of a file that will come.
pub fn begin_upload<I: Importable>(
    tx: &mut TenantTx<'_>,
    new: NewUpload,
) -> Result<UploadRow, TransferError> {
    let row = UploadRow {
        tenant_id: tx.tenant().uuid(),
        id: UploadId::new().uuid(),
        file_name: new.file_name.to_string(),
        metadata: new.metadata,
        length: new.length,
        received: 0,
        user_id: tx.actor().user().map(Id::uuid),
        created_at: tx.now(),
    };
    UPLOADS.check(tx, I::TABLES)?;
    store::insert_upload(tx, I::TABLES, &row)?;
    Ok(row)
}

/// The upload, which must be whole.
pub fn whole_upload<I: Importable>(tx: &mut TenantTx<'_>, id: UploadId) -> Result<UploadRow, TransferError> {
    let row = store::find_upload(tx, I::TABLES, id)?;
    if row.received == row.length { Ok(row) } else { Err(TransferError::UploadIncomplete) }
}

fn too_many_uploads(open: i64) -> Problem {
    Problem::conflict(
        "too-many-uploads",
        Message::formatted(
            format!("{open} uploads are open; import or delete one of them"),
            format!("Hay {open} cargas abiertas; importe o elimine una"),
        ),
    )
}
