//! Journeys and facades across modules.

#![expect(clippy::disallowed_methods, reason = "clients at once")]

mod lead_conversion;
