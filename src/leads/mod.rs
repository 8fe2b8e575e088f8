//! Leads: who might buy, what is known of them, and what was done about it.
//!
//! * A lead has an e-mail address or a phone. Both are identities: a second lead with one of them is a duplicate.
//! * It moves `new → contacted → qualified → converted`; `disqualified` from any but converted, and back to `new`.
//! * Its version counts what people change; score, marks and imports' progress are the platform's and do not bump it.
//!
//! **Invariant.** A change and its event commit together; the score follows as an event's effect.

mod capture;
mod contract;
mod domain;
mod exports;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod imports;
mod schema;
mod service;
mod store;
mod tasks;

use crate::platform::db::Module;
use crate::platform::fields::FieldTables;
use crate::platform::transfers::TransferTables;

pub use capture::CaptureSettings;
pub use contract::events::catalogue as event_catalogue;
pub use contract::{LeadId, LeadMarker, LeadsError, events};
pub use domain::{ActivityKind, ScoreReason, Status};
pub use exports::LeadExports;
pub use http::routes;
pub use imports::LeadImports;
pub use service::{Prospect, begin_conversion, complete_conversion, quotas};
pub use tasks::{start, subscriptions};

const LEADS: Module = Module::named("leads").with_owners();
const FIELDS: FieldTables = FieldTables::of(LEADS, "leads");
const TRANSFERS: TransferTables = TransferTables::of(LEADS, "leads");
