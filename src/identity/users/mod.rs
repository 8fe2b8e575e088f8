//! People who work in a company: invitations, roles, suspension, passwords.

pub(in crate::identity) mod domain;
pub(in crate::identity) mod http;
pub(in crate::identity) mod passwords;
pub(in crate::identity) mod service;
pub(in crate::identity) mod store;
