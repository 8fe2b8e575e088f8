//! Signing in and staying signed in: sign-up, passwords, invitations, external issuers, refresh tokens, and who a bearer
//! token belongs to.

pub(in crate::identity) mod domain;
pub(in crate::identity) mod http;
pub(in crate::identity) mod oidc;
pub(in crate::identity) mod service;
pub(in crate::identity) mod sign_in;
mod store;
pub(in crate::identity) mod verify;
