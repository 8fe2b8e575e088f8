//! What an import would read, before anything is written.

use uuid::Uuid;

use super::NewImport;
use super::columns::{columns, row_context, unreachable};
use crate::identity::People;
use crate::kernel::Message;
use crate::leads::contract::LeadsError;
use crate::leads::imports::domain::{Candidate, read_row};
use crate::leads::service as lead_service;
use crate::platform::db::TenantTx;
use crate::platform::sheets::decode::Sheet;
use crate::platform::sheets::mapping::Column;

/// Rows that are read.
const ROWS: usize = 10;
/// Rows that are looked at for examples of cells, and examples of a column.
const ROWS_FOR_SAMPLES: usize = 200;
const SAMPLES: usize = 5;
/// The most characters of an example.
const SAMPLE_CHARS: usize = 100;

/// What an import would read.
#[derive(Debug)]
pub struct Preview {
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
    pub rows: Vec<PreviewRow>,
    /// Why nobody of the file could be reached.
    pub problem: Option<Message>,
}

/// A row as it would be read.
#[derive(Debug)]
pub struct PreviewRow {
    /// Its number in the file.
    pub number: u32,
    /// The lead, or why it is none.
    pub read: Result<Box<Candidate>, Message>,
}

/// Reads the beginning of `sheet`, which was opened as `new`.
pub fn preview(
    tx: &mut TenantTx<'_>,
    people: &dyn People,
    new: &NewImport,
    sheet: &Sheet,
) -> Result<Preview, LeadsError> {
    let (mapping, saved) = columns(tx, new)?;
    let fields = lead_service::definitions(tx)?;
    let context = row_context(new.options.settings.clone(), &people.settings(tx)?, fields);
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
                    let read = read_row(mapping.apply(&row), &context, tx.now()).map(Box::new);
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
        problem: unreachable(&mapping).map(|reason| reason.0),
    })
}
