//! Passwords of people who have one: proving them again, changing them, and setting another when they are forgotten.

pub(in crate::identity) mod http;
pub(in crate::identity) mod proving;
pub(in crate::identity) mod resets;
mod service;
mod store;
