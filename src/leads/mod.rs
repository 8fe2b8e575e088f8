//! Leads: who might buy, what is known of them and what was done about it.

pub mod imports;
