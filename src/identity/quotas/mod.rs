//! The limits of a tenant, and how much of each it uses.

pub(in crate::identity) mod http;
