//! The rules of imports of leads: what a row says, and why it is no lead.

mod row;
mod sentences;

pub use row::{Candidate, read_row};
pub use sentences::{already_there, repeated};
