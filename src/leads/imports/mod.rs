//! Imports: from the spreadsheet that a team really has to drafts of leads.

pub mod decode;
pub mod mapping;
pub mod values;
