//! The embedded default: PostgreSQL and NATS as child processes under the data directory, for a machine with no configuration.
//!
//! * Both outlive a crash of ours and are adopted at the next start; both are started again when they die.
//! * As root they run as `postgres`, else `nobody`, because PostgreSQL refuses root.
//! * Everything here blocks for as long as a start or a stop takes (0.1–1 s as a rule): call it before serving
//!   and after draining.

mod account;
mod binaries;
mod data_dir;
mod error;
mod nats;
mod postgres;
mod process;
mod supervisor;
#[cfg(test)]
mod tests;
pub use binaries::PostgresBinaries;
pub use data_dir::{DataDir, DataDirChoice, LockedDataDir, resolve_data_dir};
pub use error::EmbeddedError;
pub use nats::EmbeddedNats;
pub use postgres::{EmbeddedPostgres, PostgresAddress};
