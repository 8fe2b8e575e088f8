//! Users and their rights: rules without I/O.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::contract::{IdentityError, Role, UserStatus, Visibilities, Visibility};
use crate::kernel::{EmailAddress, Invalid, Line};
use crate::platform::auth::{UserId, covers};

/// A person's name: one line of at most 120 characters.
pub(in crate::identity) type PersonName = Line<120>;

/// How long an invitation can be accepted.
pub(in crate::identity) const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// The areas that permissions speak of; a permission is `<area>:<verb>`.
#[rustfmt::skip]
pub(in crate::identity) const AREAS: [&str; 14] = [
    "leads", "crm", "ads", "content", "billing", "insights", "notifications", "workflows", "events", "webhooks",
    "users", "tenant", "api_keys", "audit",
];

/// The table of rights. A role that is missing a right is refused: there is no other default.
///
/// `OWNER` alone holds `*:*`; `ADMIN` holds every area by name. As nobody gives or touches rights beyond their own, that
/// one difference keeps admins from making or unmaking owners.
#[rustfmt::skip]
const RIGHTS: [(Role, &[&str]); 6] = [
    (Role::Owner, &["*:*"]),
    (Role::Admin, &[
        "leads:*", "crm:*", "ads:*", "content:*", "billing:*", "insights:*", "notifications:*", "workflows:*", "events:*",
        "webhooks:*", "users:*", "tenant:*", "api_keys:*", "audit:*",
    ]),
    (Role::Sales, &[
        "leads:*", "crm:*", "ads:read", "content:read", "billing:read", "billing:quote", "insights:read",
        "notifications:read", "users:read", "tenant:read",
    ]),
    (Role::Marketing, &[
        "leads:read", "leads:write", "leads:import", "ads:*", "content:*", "crm:read", "insights:read",
        "notifications:read", "users:read", "tenant:read",
    ]),
    (Role::Billing, &[
        "billing:*", "leads:read", "crm:read", "insights:read", "notifications:read", "users:read", "tenant:read",
    ]),
    (Role::Viewer, &[
        "leads:read", "crm:read", "ads:read", "content:read", "billing:read", "insights:read", "notifications:read",
        "users:read", "tenant:read",
    ]),
];

impl Role {
    /// What the role may do.
    pub(in crate::identity) fn grants(self) -> &'static [&'static str] {
        RIGHTS.iter().find(|(role, _)| *role == self).map_or(&[], |(_, grants)| grants)
    }

    /// The name that is stored.
    pub(in crate::identity) fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Sales => "SALES",
            Self::Marketing => "MARKETING",
            Self::Billing => "BILLING",
            Self::Viewer => "VIEWER",
        }
    }

    fn stored(name: &str) -> Option<Self> {
        RIGHTS.iter().map(|(role, _)| *role).find(|role| role.as_str() == name)
    }
}

impl UserStatus {
    /// The name that is stored.
    pub(in crate::identity) fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// The status that is stored as `name`.
    pub(in crate::identity) fn stored(name: &str) -> Result<Self, IdentityError> {
        [Self::Invited, Self::Active, Self::Suspended]
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or(IdentityError::Corrupt("users.status"))
    }
}

/// One or more roles, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::identity) struct Roles(BTreeSet<Role>);

impl Roles {
    /// The roles in `list`, refused when there are none.
    pub fn parse(list: &[Role]) -> Result<Self, Invalid> {
        if list.is_empty() {
            return Err(Invalid::new("needs at least one role", "necesita al menos un rol"));
        }
        Ok(Self(list.iter().copied().collect()))
    }

    /// The role of who signs a company up.
    pub fn owner() -> Self {
        Self(BTreeSet::from([Role::Owner]))
    }

    /// The roles stored under `names`.
    pub fn stored(names: &[String]) -> Result<Self, IdentityError> {
        names
            .iter()
            .map(|name| Role::stored(name).ok_or(IdentityError::Corrupt("users.roles")))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether `role` is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles, highest first.
    pub fn list(&self) -> Vec<Role> {
        self.0.iter().copied().collect()
    }

    /// Everything that the roles may do, each pattern once.
    pub fn grants(&self) -> Vec<String> {
        let grants: BTreeSet<&str> = self.0.iter().flat_map(|role| role.grants()).copied().collect();
        grants.into_iter().map(str::to_owned).collect()
    }

    /// Whose records they see, where the tenant's roles see what `seen` says: the widest counts.
    pub fn visibility(&self, seen: &Visibilities) -> Visibility {
        let of_role = |role: &Role| match role {
            Role::Owner | Role::Admin => Visibility::All,
            Role::Sales => seen.sales,
            Role::Marketing => seen.marketing,
            Role::Billing => seen.billing,
            Role::Viewer => seen.viewer,
        };
        self.0.iter().map(of_role).max().unwrap_or(Visibility::Own)
    }

    /// Refuses rights beyond those of a caller who holds `held`.
    pub fn within(&self, held: &[String]) -> Result<(), IdentityError> {
        if self.grants().iter().all(|wanted| holds(held, wanted)) {
            Ok(())
        } else {
            Err(IdentityError::AboveOwnRights)
        }
    }
}

/// Whether one of the patterns `held` covers all of the pattern `wanted`.
pub(in crate::identity) fn holds(held: &[String], wanted: &str) -> bool {
    held.iter().any(|grant| covers(grant, wanted))
}

/// A person who works in a tenant.
#[derive(Debug, Clone)]
pub(in crate::identity) struct User {
    /// The user.
    pub id: UserId,
    /// Their address, as it was typed.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Where they stand.
    pub status: UserStatus,
    /// Their roles.
    pub roles: Roles,
    /// When they joined; none while they are only invited.
    pub joined_at: Option<DateTime<Utc>>,
    /// Until when their invitation can be accepted.
    pub invitation_expires_at: Option<DateTime<Utc>>,
    /// Counts changes.
    pub version: i32,
    /// When they were invited or signed up.
    pub created_at: DateTime<Utc>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
}

impl User {
    /// Refuses a change by somebody who read another version.
    pub fn expect_version(&self, read: Option<i32>) -> Result<(), IdentityError> {
        match read {
            Some(version) if version != self.version => Err(IdentityError::Stale(self.version)),
            _ => Ok(()),
        }
    }

    /// Whether the tenant loses an active owner when this user becomes `roles` and `status`.
    pub fn stops_owning(&self, roles: &Roles, status: UserStatus) -> bool {
        let owns = |roles: &Roles, status| roles.has(Role::Owner) && status == UserStatus::Active;
        owns(&self.roles, self.status) && !owns(roles, status)
    }

    /// The status after being suspended.
    pub fn suspended(&self) -> Result<UserStatus, IdentityError> {
        match self.status {
            UserStatus::Suspended => Err(IdentityError::WrongUserStatus(self.status)),
            UserStatus::Invited | UserStatus::Active => Ok(UserStatus::Suspended),
        }
    }

    /// The status after coming back: whoever never joined is invited again.
    pub fn reactivated(&self) -> Result<UserStatus, IdentityError> {
        match (self.status, self.joined_at) {
            (UserStatus::Suspended, Some(_)) => Ok(UserStatus::Active),
            (UserStatus::Suspended, None) => Ok(UserStatus::Invited),
            _ => Err(IdentityError::WrongUserStatus(self.status)),
        }
    }

    /// Whether an invitation can be accepted at `now`.
    pub fn may_join(&self, now: DateTime<Utc>) -> bool {
        self.status == UserStatus::Invited && self.invitation_expires_at.is_some_and(|end| now < end)
    }
}

/// Somebody who is asked to join.
#[derive(Debug, Clone)]
pub(in crate::identity) struct NewUser {
    /// Their address.
    pub email: EmailAddress,
    /// Their name.
    pub name: PersonName,
    /// Their roles.
    pub roles: Roles,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(roles: &[Role], status: UserStatus) -> User {
        let now = DateTime::UNIX_EPOCH;
        User {
            id: UserId::new(),
            email: "ana@lopez.mx".to_owned(),
            name: "Ana".to_owned(),
            status,
            roles: Roles::parse(roles).unwrap(),
            joined_at: (status == UserStatus::Active).then_some(now),
            invitation_expires_at: Some(now + INVITATION_LIFETIME),
            version: 3,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn admins_hold_every_area_and_every_other_role_but_the_owner() {
        let admin = Roles::parse(&[Role::Admin]).unwrap().grants();
        for area in AREAS {
            assert!(holds(&admin, &format!("{area}:*")), "{area}");
        }
        for (role, _) in RIGHTS {
            let roles = Roles::parse(&[role]).unwrap();
            assert_eq!(roles.within(&admin).is_ok(), role != Role::Owner, "{role:?}");
            assert!(roles.within(&["*:*".to_owned()]).is_ok(), "{role:?}");
            assert_eq!(Role::stored(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }

    #[test]
    fn rights_by_role() {
        for (role, permission, expected) in [
            (Role::Owner, "anything:at_all", true),
            (Role::Admin, "users:write", true),
            (Role::Admin, "anything:at_all", false),
            (Role::Sales, "leads:delete", true),
            (Role::Sales, "users:write", false),
            (Role::Sales, "audit:read", false),
            (Role::Marketing, "leads:write", true),
            (Role::Marketing, "leads:delete", false),
            (Role::Billing, "billing:write", true),
            (Role::Billing, "leads:write", false),
            (Role::Viewer, "leads:read", true),
            (Role::Viewer, "leads:write", false),
            (Role::Viewer, "api_keys:read", false),
            (Role::Viewer, "audit:read", false),
        ] {
            let grants = Roles::parse(&[role]).unwrap().grants();
            assert_eq!(holds(&grants, permission), expected, "{role:?} {permission}");
        }
    }

    #[test]
    fn the_widest_visibility_counts_and_whoever_runs_the_company_sees_everything() {
        use Visibility::{All, Own, Team};
        let seen = Visibilities { sales: Team, marketing: Own, billing: Own, viewer: Own };
        for (roles, expected) in [
            (&[Role::Owner][..], All),
            (&[Role::Admin, Role::Sales], All),
            (&[Role::Sales, Role::Viewer], Team),
            (&[Role::Marketing, Role::Billing], Own),
        ] {
            assert_eq!(Roles::parse(roles).unwrap().visibility(&seen), expected, "{roles:?}");
            assert_eq!(Roles::parse(roles).unwrap().visibility(&Visibilities::default()), All);
        }
    }

    // Events, webhooks and the audit tell of everybody's records, and whoever changes users decides who sees what.
    #[test]
    fn whoever_may_see_less_than_everything_reads_no_events_and_changes_no_rights() {
        let least = Visibilities {
            sales: Visibility::Own,
            marketing: Visibility::Own,
            billing: Visibility::Own,
            viewer: Visibility::Own,
        };
        for (role, _) in RIGHTS {
            let roles = Roles::parse(&[role]).unwrap();
            if roles.visibility(&least) == Visibility::All {
                continue;
            }
            for permission in [
                "events:read",
                "audit:read",
                "webhooks:read",
                "webhooks:write",
                "users:write",
                "tenant:write",
                "api_keys:write",
            ] {
                assert!(!holds(&roles.grants(), permission), "{role:?} {permission}");
            }
        }
    }

    #[test]
    fn nobody_gives_rights_beyond_their_own() {
        for (held, roles, expected) in [
            (&["users:write"][..], &[Role::Viewer][..], false),
            (&["users:*", "leads:*"], &[Role::Sales], false),
            (&["*:read", "users:write"], &[Role::Viewer], true),
            (&["*:*"], &[Role::Owner, Role::Sales], true),
        ] {
            let held: Vec<String> = held.iter().map(|grant| (*grant).to_owned()).collect();
            assert_eq!(Roles::parse(roles).unwrap().within(&held).is_ok(), expected, "{held:?} {roles:?}");
        }
    }

    #[test]
    fn roles_are_a_set_that_is_never_empty() {
        assert!(Roles::parse(&[]).is_err());
        let roles = Roles::parse(&[Role::Viewer, Role::Owner, Role::Viewer]).unwrap();
        assert_eq!(roles.list(), [Role::Owner, Role::Viewer]);
    }

    #[test]
    fn owning_ends_with_the_role_or_the_status() {
        let owner = user(&[Role::Owner], UserStatus::Active);
        let sales = Roles::parse(&[Role::Sales]).unwrap();
        assert!(owner.stops_owning(&sales, UserStatus::Active));
        assert!(owner.stops_owning(&Roles::owner(), UserStatus::Suspended));
        assert!(!owner.stops_owning(&Roles::owner(), UserStatus::Active));
        assert!(!user(&[Role::Sales], UserStatus::Active).stops_owning(&sales, UserStatus::Suspended));
        assert!(!user(&[Role::Owner], UserStatus::Invited).stops_owning(&sales, UserStatus::Invited));
    }

    #[test]
    fn suspending_and_coming_back() {
        use UserStatus::{Active, Invited, Suspended};
        assert_eq!(user(&[Role::Sales], Active).suspended().unwrap(), Suspended);
        assert_eq!(user(&[Role::Sales], Invited).suspended().unwrap(), Suspended);
        assert!(user(&[Role::Sales], Suspended).suspended().is_err());
        assert!(user(&[Role::Sales], Active).reactivated().is_err());
        assert_eq!(user(&[Role::Sales], Suspended).reactivated().unwrap(), Invited);
        let joined = User { joined_at: Some(DateTime::UNIX_EPOCH), ..user(&[Role::Sales], Suspended) };
        assert_eq!(joined.reactivated().unwrap(), Active);
    }

    #[test]
    fn an_invitation_is_good_for_a_week_and_for_the_invited() {
        let invited = user(&[Role::Sales], UserStatus::Invited);
        let start = invited.created_at;
        assert!(invited.may_join(start + TimeDelta::days(6)));
        assert!(!invited.may_join(start + TimeDelta::days(7)));
        assert!(!user(&[Role::Sales], UserStatus::Active).may_join(start));
        assert!(!user(&[Role::Sales], UserStatus::Suspended).may_join(start));
    }

    #[test]
    fn a_change_by_somebody_who_read_another_version_is_refused() {
        let user = user(&[Role::Sales], UserStatus::Active);
        assert!(user.expect_version(None).is_ok() && user.expect_version(Some(3)).is_ok());
        assert!(matches!(user.expect_version(Some(2)), Err(IdentityError::Stale(3))));
    }
}
