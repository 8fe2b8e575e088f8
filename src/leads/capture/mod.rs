//! Capture: forms on a company's web pages, whose answers become leads.
//!
//! * A form asks for fields of a lead, and always for what the company requires of new leads; everything else that comes is
//!   passed over, because pages send more than is asked.
//! * Whoever sends answers is nobody's user: the form's key says which company they are for, and the platform acts there.
//! * Pages of other origins than the form's are refused; what is no browser says no origin, and only limits hold it back.
//! * Somebody who is a lead already is no error and is not told so: the answer is noted on that lead, whose fields change
//!   only where the form says `update`, because nobody has proved that the answers are theirs.
//! * The consent that is kept is the text that the person saw, although the form may have another one by now.
//!
//! **Invariant.** The lead, its events, and the form's results commit together.

mod domain;
mod door;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod service;
mod store;

pub use domain::CaptureSettings;
pub use http::{public_routes, routes};
pub use service::form_quota;
