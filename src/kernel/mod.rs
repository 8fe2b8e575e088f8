//! Value types that two modules share: pure, without I/O, importing nothing of ours.

mod message;

pub use message::{Invalid, Language, Message};
