//! Letters that identity writes, and their queue: they commit with what they are about and are sent afterwards, again and
//! again until a server takes them or nobody has any use for them.

mod domain;
mod service;
mod store;
pub(in crate::identity) mod tasks;

pub(in crate::identity) use domain::{LetterKind, Words};
pub(in crate::identity) use service::{invitations_today, queue, queue_invitation};
