//! Companies and their settings.

pub(in crate::identity) mod domain;
pub(in crate::identity) mod http;
mod service;
pub(in crate::identity) mod store;
