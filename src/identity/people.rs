//! Identity's answers to the other modules.

use super::contract::{IdentityError, People, Person, TenantSettings};
use super::{teams, tenants, users};
use crate::kernel::EmailAddress;
use crate::platform::auth::{Sight, UserId};
use crate::platform::db::TenantTx;

/// Answers from identity's own tables.
pub(super) struct IdentityModule;

impl People for IdentityModule {
    fn person(&self, tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Person>, IdentityError> {
        Ok(users::store::people(tx, &[user])?.pop())
    }

    fn people(&self, tx: &mut TenantTx<'_>, users: &[UserId]) -> Result<Vec<Person>, IdentityError> {
        users::store::people(tx, users)
    }

    fn by_email(
        &self,
        tx: &mut TenantTx<'_>,
        emails: &[EmailAddress],
    ) -> Result<Vec<(String, Person)>, IdentityError> {
        users::store::people_by_email(tx, emails)
    }

    fn sight(&self, tx: &mut TenantTx<'_>, user: UserId) -> Result<Sight, IdentityError> {
        let user = users::store::find(tx, user)?;
        let visibilities = tenants::store::find(tx)?.visibilities;
        teams::service::sight(tx, user.id, &user.roles, &visibilities)
    }

    fn settings(&self, tx: &mut TenantTx<'_>) -> Result<TenantSettings, IdentityError> {
        Ok(tenants::store::find(tx)?.settings)
    }
}
