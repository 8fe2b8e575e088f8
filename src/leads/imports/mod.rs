//! Imports: from the spreadsheet that a team really has to leads.
//!
//! A file is decoded when it is uploaded, kept in pieces, and worked off by a background task in batches: one transaction
//! writes the leads of a batch, their events, the counts and the place where the next batch begins.
//!
//! Rules of a row, each applied by `domain::read_row`:
//! * It needs an e-mail address or a phone that can be read; without either it is refused.
//! * The company's name may be missing: the contact's name stands in for it, else the e-mail address, else the phone.
//! * Any other text that cannot be read is no reason to lose a lead: it is kept as `<field>_original` among the custom
//!   fields, and further e-mails and phones of a row as `other_emails` and `other_phones`.
//! * An owner who is no active user is kept as `owner_email`; `converted` is no state to begin in.
//!
//! **Invariants.** The counts add up to the rows decided. A row is decided once, whatever is killed meanwhile: its leads and
//! the place behind it commit together, and a batch begins only where the last one ended.

mod domain;
mod http;
mod service;
pub(super) mod status_words;
pub(super) mod store;
mod tasks;
mod undoing;
mod vocabulary;
mod worker;

pub use domain::{FileName, ImportId, ImportStatus, Mode, OnDuplicate, Settings};
pub use http::{Imports, routes};
pub use service::{NewImport, Options, open_imports, open_uploads, saved_mappings};
pub use store::{ImportRow, ReasonRow};
pub use tasks::{forget_uploads, run_alone, start};
#[cfg(any(test, fuzzing))]
pub(super) use vocabulary::LEAD;
