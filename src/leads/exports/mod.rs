//! Exports: any filtered list of leads as a file, made in the background and kept for a week.
//!
//! A batch is one transaction: it reads the leads behind the stored place and writes them as one piece of the file, so that
//! an export goes on where it stood, whatever is killed. A workbook is made of the pieces when all are there.
//!
//! **Invariant.** What an export writes, an import reads back: `custom:<name>` columns, and cells that a spreadsheet would run
//! are marked as text.

mod domain;
mod http;
pub(super) mod service;
mod store;
mod tasks;

pub use http::{Exports, routes};
pub use service::open_exports;
pub use tasks::start;
