//! What an import would read, before anything is written.

use uuid::Uuid;

use super::NewImport;
use super::columns::columns;
use crate::kernel::Message;
use crate::platform::db::TenantTx;
use crate::platform::sheets::decode::Sheet;
use crate::platform::sheets::mapping::Column;
use crate::platform::transfers::TransferError;
use crate::platform::transfers::imports::Importable;

/// Rows that are read.
const ROWS: usize = 10;
/// Rows that are looked at for examples of cells, and examples of a column.
const ROWS_FOR_SAMPLES: usize = 200;
const SAMPLES: usize = 5;
/// The most characters of an example.
const SAMPLE_CHARS: usize = 100;

/// What an import would read.
#[derive(Debug)]
pub struct Preview<C> {
    /// How the file writes its characters.
    pub encoding: &'static str,
    /// What separates its cells.
    pub separator: String,
    /// The saved mapping that was used.
    pub saved: Option<Uuid>,
    /// Each column with what it feeds, and the first different cells that are not empty.
    pub columns: Vec<(Column, Vec<String>)>,
    /// Rows in the file.
    pub total: i32,
    /// The first rows.
    pub rows: Vec<PreviewRow<C>>,
    /// Why nothing of the file could be imported.
    pub problem: Option<Message>,
}

/// A row as it would be read.
#[derive(Debug)]
pub struct PreviewRow<C> {
    /// Its number in the file.
    pub number: u32,
    /// What it would become, or why it becomes nothing.
    pub read: Result<Box<C>, Message>,
}

/// Reads the beginning of `sheet`, which was opened as `new`.
pub fn preview<I: Importable>(
    tx: &mut TenantTx<'_>,
    new: &NewImport,
    sheet: &Sheet,
) -> Result<Preview<I::Candidate>, TransferError> {
    let (mapping, saved) = columns::<I>(tx, new)?;
    let fields = I::FIELDS.definitions(tx)?;
    let context = I::context(tx, new.options.settings.clone(), fields)?;
    let mut rows = Vec::new();
    let mut samples: Vec<Vec<String>> = vec![Vec::new(); mapping.columns().len()];
    for (index, row) in sheet.rows().take(ROWS_FOR_SAMPLES).enumerate() {
        if let Ok(row) = &row {
            for (samples, cell) in samples.iter_mut().zip(&row.cells) {
                let sample: String = cell.trim().chars().take(SAMPLE_CHARS).collect();
                if samples.len() < SAMPLES && !sample.is_empty() && !samples.contains(&sample) {
                    samples.push(sample);
                }
            }
        }
        if index < ROWS {
            rows.push(match row {
                Ok(row) => {
                    let read = I::read(mapping.apply(&row), &context, tx.now()).map(Box::new);
                    PreviewRow { number: row.number, read }
                }
                Err(refusal) => PreviewRow { number: refusal.number, read: Err(refusal.reason.0) },
            });
        }
    }
    Ok(Preview {
        encoding: new.encoding,
        separator: new.separator.clone(),
        saved,
        columns: mapping.columns().iter().cloned().zip(samples).collect(),
        total: new.total,
        rows,
        problem: I::lacking(&mapping).map(|reason| reason.0),
    })
}
