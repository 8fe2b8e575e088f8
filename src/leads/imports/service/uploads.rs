//! Uploads that may break off and go on.

use crate::kernel::Message;
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::{FileName, UploadId};
use crate::leads::imports::store::{self, UploadRow};
use crate::platform::db::TenantTx;
use crate::platform::limits::Quota;
use crate::platform::problem::Problem;
use crate::platform::transfers::TransferError;

/// Uploads that a tenant may have at the same time.
const UPLOADS_AT_MOST: usize = 20;

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
pub fn begin_upload(tx: &mut TenantTx<'_>, new: NewUpload) -> Result<UploadRow, LeadsError> {
    let row = UploadRow {
        tenant_id: tx.tenant().uuid(),
        id: UploadId::new().uuid(),
        file_name: new.file_name.to_string(),
        metadata: new.metadata,
        length: new.length,
        received: 0,
        created_at: tx.now(),
    };
    if count(tx)? >= UPLOADS_AT_MOST {
        return Err(Problem::conflict(
            "too-many-uploads",
            Message::formatted(
                format!("{UPLOADS_AT_MOST} uploads are open; import or delete one of them"),
                format!("Hay {UPLOADS_AT_MOST} cargas abiertas; importe o elimine una"),
            ),
        )
        .into());
    }
    store::insert_upload(tx, &row)?;
    Ok(row)
}

/// The upload, which must be whole.
pub fn whole_upload(tx: &mut TenantTx<'_>, id: UploadId) -> Result<UploadRow, LeadsError> {
    let row = store::find_upload(tx, id)?;
    if row.received == row.length {
        Ok(row)
    } else {
        Err(LeadsError::Transfer(TransferError::UploadIncomplete))
    }
}

/// How many uploads are open, of as many as there may be.
pub fn open_uploads(tx: &mut TenantTx<'_>) -> Result<Quota, LeadsError> {
    Ok(Quota::held("open_uploads", count(tx)?, UPLOADS_AT_MOST))
}

fn count(tx: &mut TenantTx<'_>) -> Result<usize, LeadsError> {
    Ok(usize::try_from(store::upload_count(tx)?).unwrap_or(usize::MAX))
}
