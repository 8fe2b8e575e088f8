//! Teams: who works together, and so who may see whose records where a role's visibility is `team`.

mod domain;
pub(super) mod http;
pub(in crate::identity) mod service;
pub(in crate::identity) mod store;
