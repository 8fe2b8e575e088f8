//! Imports: from the spreadsheet that a team really has to leads.
//!
//! The work is `platform::transfers`; here is what leads are to it.
//!
//! Rules of a row, each applied by `domain::read_row`:
//! * It needs an e-mail address or a phone that can be read; without either it is refused.
//! * The company's name may be missing: the contact's name stands in for it, else the e-mail address, else the phone.
//! * Any other text that cannot be read is no reason to lose a lead: it is kept as `<field>_original` among the custom
//!   fields, and further e-mails and phones of a row as `other_emails` and `other_phones`.
//! * An owner who is no active user is kept as `owner_email`; `converted` is no state to begin in.

mod domain;
mod http;
mod importable;
pub(super) mod status_words;
mod store;
mod vocabulary;

pub use http::routes;
pub use importable::LeadImports;
#[cfg(any(test, fuzzing))]
pub(super) use vocabulary::LEAD;
