//! Whose records somebody sees, within their tenant.

use std::sync::Arc;

use super::UserId;
use crate::kernel::Invalid;
use crate::platform::db::TenantTx;
use crate::platform::problem::{FieldError, Problem};

/// What somebody sees now, as whoever knows people says it: for what the platform does on their behalf.
pub type SightOf = Arc<dyn Fn(&mut TenantTx<'_>, UserId) -> Result<Sight, Problem> + Send + Sync>;

/// Whose records somebody sees: decided where their rights are, and held by the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's, and those that are nobody's.
    Everything,
    /// Those of these people, and no others.
    Of(Arc<[UserId]>),
}

impl Sight {
    /// The records of `user` alone.
    pub fn own(user: UserId) -> Self {
        Self::Of(Arc::from([user]))
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        *self == Self::Everything
    }

    /// Whether a record of `owner` is seen; one that is nobody's is by whoever sees everything.
    pub fn covers(&self, owner: Option<UserId>) -> bool {
        match self {
            Self::Everything => true,
            Self::Of(people) => owner.is_some_and(|owner| people.contains(&owner)),
        }
    }

    /// Whose records are seen, for queries that are quicker when they say it too; none where nothing is hidden.
    pub fn people(&self) -> Option<Vec<uuid::Uuid>> {
        match self {
            Self::Everything => None,
            Self::Of(people) => Some(people.iter().map(|person| person.uuid()).collect()),
        }
    }

    /// Whether all of `other` is seen.
    pub fn covers_all(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Of(_), Self::Everything) => false,
            (Self::Of(people), Self::Of(others)) => others.iter().all(|other| people.contains(other)),
        }
    }

    /// 422 at `/owner_id` when a record of `owner` would not be seen any more.
    pub fn check_owner(&self, owner: UserId) -> Result<(), Problem> {
        if self.covers(Some(owner)) {
            return Ok(());
        }
        let reason = Invalid::new(
            "must be somebody whose records you see; ask somebody who sees both to hand it over",
            "debe ser alguien cuyos registros usted ve; pida el traspaso a quien vea ambos",
        );
        Err(Problem::invalid(vec![FieldError::at("/owner_id", reason)]))
    }
}

#[cfg(test)]
mod tests {
    use super::{Sight, UserId};

    #[test]
    fn a_record_is_seen_by_its_owner_and_by_whoever_sees_everything() {
        let (one, other) = (UserId::new(), UserId::new());
        for (sight, owner, expected) in [
            (Sight::Everything, None, true),
            (Sight::Everything, Some(one), true),
            (Sight::own(one), Some(one), true),
            (Sight::own(one), Some(other), false),
            (Sight::own(one), None, false),
        ] {
            assert_eq!(sight.covers(owner), expected, "{sight:?} of {owner:?}");
            assert_eq!(
                owner.is_some_and(|owner| sight.check_owner(owner).is_ok()),
                expected && owner.is_some()
            );
        }
        let both = Sight::Of([one, other].into());
        for (sight, part, expected) in [
            (&Sight::Everything, &both, true),
            (&both, &Sight::own(one), true),
            (&Sight::own(one), &both, false),
            (&both, &Sight::Everything, false),
        ] {
            assert_eq!(sight.covers_all(part), expected, "{sight:?} of {part:?}");
        }
    }
}
