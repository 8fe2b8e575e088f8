//! Keys for programs: each acts as the person who made it, within its scopes.

pub(in crate::identity) mod domain;
pub(in crate::identity) mod http;
mod service;
pub(in crate::identity) mod store;
