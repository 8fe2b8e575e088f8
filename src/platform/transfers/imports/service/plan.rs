//! What an import works by, and how it reads its rows.

use std::hash::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::kernel::{FieldSet, Message};
use crate::platform::db::DbError;
use crate::platform::sheets::decode::{Position, Sheet};
use crate::platform::sheets::mapping::Mapping;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::domain::{ImportId, Mode, RowContext, unstorable};
use crate::platform::transfers::imports::{Importable, Importing};

/// What an import works by. From batch to batch only the custom fields change, when the tenant changes them.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The import.
    pub id: ImportId,
    /// The decoded file.
    pub sheet: Arc<Sheet>,
    /// What its columns feed.
    pub mapping: Mapping,
    /// What rows are read by.
    pub context: RowContext,
    /// Whether records are written.
    pub mode: Mode,
    /// Makes the keys in [`Batch::seen`](super::Batch::seen).
    pub hasher: RandomState,
}

/// A row of the file, read.
#[derive(Debug)]
pub struct ReadRow<C> {
    pub(super) number: u32,
    /// The cells, kept of rows that are refused.
    pub(super) cells: Vec<String>,
    pub(super) outcome: Result<C, Message>,
}

/// Rows of a file with records of a kind.
pub type ReadRows<I> = Vec<ReadRow<<I as Importable>::Candidate>>;

impl Plan {
    /// The import, as whoever writes its rows sees it.
    pub(super) fn importing(&self) -> Importing<'_> {
        Importing { id: self.id, context: &self.context }
    }

    /// The same plan by these custom fields.
    pub fn by(self: &Arc<Self>, fields: FieldSet) -> Arc<Self> {
        if fields == self.context.fields {
            return self.clone();
        }
        let context = RowContext { fields, ..self.context.clone() };
        Arc::new(Self { context, ..Self::clone(self) })
    }

    /// Reads up to `size` rows from `from` on; answers them and where the next one begins.
    pub fn read<I: Importable>(
        &self,
        from: Position,
        size: usize,
        now: DateTime<Utc>,
    ) -> Result<(ReadRows<I>, Position), TransferError> {
        let mut rows = self.sheet.rows_from(from).map_err(|reason| stale_place(&reason.0))?;
        let mut read = Vec::with_capacity(size);
        for row in rows.by_ref().take(size) {
            read.push(match row {
                Ok(row) => {
                    let (number, draft) = (row.number, self.mapping.apply(&row));
                    // A row that makes a parser panic is one bad row, not the end of the import.
                    let outcome = catch_unwind(AssertUnwindSafe(|| I::read(draft, &self.context, now)));
                    let outcome = outcome.unwrap_or_else(|_| Err(unstorable()));
                    ReadRow { number, cells: row.cells, outcome }
                }
                Err(refusal) => {
                    ReadRow { number: refusal.number, cells: Vec::new(), outcome: Err(refusal.reason.0) }
                }
            });
        }
        Ok((read, rows.position()))
    }
}

impl<C> ReadRow<C> {
    /// The same row, refused because the database does not take it.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { outcome: Err(unstorable()), ..self }
    }
}

/// The place of a batch is none of this file.
pub(super) fn stale_place(reason: &Message) -> TransferError {
    TransferError::Db(DbError::Failed(reason.en.to_string()))
}
