//! Technique: database, events, HTTP, jobs. Knows no module.

pub mod embedded;
