//! Who did what to which record: the tenant's own part of the event log.

pub(in crate::identity) mod http;
mod service;
