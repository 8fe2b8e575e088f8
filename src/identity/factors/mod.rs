//! The second factor: codes that a device shows for thirty seconds each (TOTP, RFC 6238), and recovery codes for whoever lost it.

pub(in crate::identity) mod domain;
pub(in crate::identity) mod http;
pub(in crate::identity) mod service;
mod store;
