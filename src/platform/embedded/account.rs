//! The account that the embedded services run as: ourselves, or an unprivileged user when we are root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User, getegid, geteuid};

use super::error::EmbeddedError;

const OWNER_SEARCH: u32 = 0o100;
const GROUP_SEARCH: u32 = 0o010;
const OTHERS_SEARCH: u32 = 0o001;

/// A user and group that a child process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    uid: Uid,
    gid: Gid,
    name: String,
}

impl Account {
    /// Our own account.
    pub(super) fn ourselves() -> Self {
        Self { uid: geteuid(), gid: getegid(), name: user_name(geteuid()) }
    }

    /// The account for new files: our own, or `postgres`, else `nobody`, when we are root.
    pub(super) fn for_services() -> Result<Self, EmbeddedError> {
        if !geteuid().is_root() {
            return Ok(Self::ourselves());
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self { uid: user.uid, gid: user.gid, name: user.name })
            .ok_or(EmbeddedError::NoAccount)
    }

    /// The account that must run an existing database: PostgreSQL insists on owning its files.
    pub(super) fn owning(cluster: &Path) -> Result<Self, EmbeddedError> {
        let metadata = fs::metadata(cluster).map_err(EmbeddedError::file("read", cluster))?;
        let owner = Uid::from_raw(metadata.uid());
        if owner == geteuid() && !owner.is_root() {
            return Ok(Self::ourselves());
        }
        if owner.is_root() || !geteuid().is_root() {
            return Err(EmbeddedError::ForeignCluster {
                path: cluster.to_path_buf(),
                owner: user_name(owner),
            });
        }
        Ok(Self { uid: owner, gid: Gid::from_raw(metadata.gid()), name: user_name(owner) })
    }

    /// The user's name, or its number when it has none.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether this account owns the file with that metadata.
    pub(super) fn owns(&self, metadata: &fs::Metadata) -> bool {
        metadata.uid() == self.uid.as_raw()
    }

    /// Whether this account may enter every directory down to `path` and, if `path` exists, enter or run it.
    ///
    /// Judged by mode bits alone: an access control list that allows more is not seen.
    pub(super) fn reaches(&self, path: &Path) -> bool {
        if self.uid.is_root() {
            return true;
        }
        let Some(existing) = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok()) else {
            return false;
        };
        existing
            .ancestors()
            .all(|directory| fs::metadata(directory).is_ok_and(|found| self.may_search(&found)))
    }

    /// Gives `path` to this account with exactly these mode bits.
    pub(super) fn take(&self, path: &Path, mode: u32) -> Result<(), EmbeddedError> {
        fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(EmbeddedError::file("set the mode of", path))?;
        let owner = fs::metadata(path).map_err(EmbeddedError::file("read", path))?.uid();
        if owner == self.uid.as_raw() {
            return Ok(());
        }
        chown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
            .map_err(EmbeddedError::file("change the owner of", path))
    }

    /// Makes `command` run as this account, without our supplementary groups.
    pub(super) fn apply(&self, command: &mut Command) {
        if *self != Self::ourselves() {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
    }

    fn may_search(&self, metadata: &fs::Metadata) -> bool {
        let bit = if metadata.uid() == self.uid.as_raw() {
            OWNER_SEARCH
        } else if metadata.gid() == self.gid.as_raw() {
            GROUP_SEARCH
        } else {
            OTHERS_SEARCH
        };
        metadata.mode() & bit != 0
    }
}

fn user_name(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
