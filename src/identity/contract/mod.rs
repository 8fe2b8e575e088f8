//! What other modules may know of identity: who works in a tenant, how it is set up, and what may happen.

mod credential_events;
pub mod events;
mod problems;
mod team_events;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use problems::IdentityError;

use crate::kernel::{Color, Country, Currency, EmailAddress, Locale, TaxId, TimeZone};
use crate::platform::auth::{Sight, UserId};
use crate::platform::db::TenantTx;
use crate::platform::id::Id;

/// What a [`TeamId`] names.
#[derive(Debug)]
pub enum TeamMarker {}

/// A team's identifier.
pub type TeamId = Id<TeamMarker>;

/// What the other modules ask of identity, inside their own transactions.
pub trait People: Send + Sync {
    /// The person with this id in the transaction's tenant; none when there is no such person.
    fn person(&self, tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Person>, IdentityError>;

    /// Those of `users` who are in the transaction's tenant, in no order.
    fn people(&self, tx: &mut TenantTx<'_>, users: &[UserId]) -> Result<Vec<Person>, IdentityError>;

    /// The people of the transaction's tenant with one of `emails`, each with [`EmailAddress::normalized`] of theirs.
    fn by_email(
        &self,
        tx: &mut TenantTx<'_>,
        emails: &[EmailAddress],
    ) -> Result<Vec<(String, Person)>, IdentityError>;

    /// Whose records this person sees, for what the platform does on their behalf.
    fn sight(&self, tx: &mut TenantTx<'_>, user: UserId) -> Result<Sight, IdentityError>;

    /// How the transaction's tenant is set up.
    fn settings(&self, tx: &mut TenantTx<'_>) -> Result<TenantSettings, IdentityError>;
}

/// A person who works in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// The name to show.
    pub name: String,
    /// Whether work may be given to them.
    pub status: UserStatus,
    /// What they may do.
    pub roles: Vec<Role>,
}

impl Person {
    /// Whether they can sign in, so that work may be given to them.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }
}

/// What a tenant has set that other modules go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// The country that phone numbers and tax identifiers are of, when nothing else is said.
    pub country: Country,
    /// The currency that amounts are in, when nothing else is said.
    pub currency: Currency,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
    /// Its language and formats.
    pub locale: Locale,
    /// After how many days without activity a lead counts as forgotten.
    pub forgotten_after_days: u16,
}

/// How a tenant shows itself on its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letterhead {
    /// Its name.
    pub name: String,
    /// Its tax identifier.
    pub tax_id: Option<TaxId>,
    /// Its picture, as PNG or JPEG.
    pub logo: Option<Vec<u8>>,
    /// The colour of what stands out.
    pub primary_color: Option<Color>,
    /// The colour beside it.
    pub secondary_color: Option<Color>,
    /// Its language, formats and time zone.
    pub settings: TenantSettings,
}

/// What a person may do in a tenant; the table of rights is in `users/domain.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Everything; at least one remains in each tenant.
    Owner,
    /// Everything but making and unmaking owners.
    Admin,
    /// Leads and customers.
    Sales,
    /// Leads, campaigns and content.
    Marketing,
    /// Invoices and payments.
    Billing,
    /// Reads, changes nothing.
    Viewer,
}

/// Whose leads, customers and documents a role sees; of several roles the widest counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Their own.
    Own,
    /// Those of everybody who is in a team with them, and their own.
    Team,
    /// Everybody's, and those that are nobody's.
    #[default]
    All,
}

/// What each role of a tenant sees. `OWNER` and `ADMIN` are not here: they see everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE", default)]
pub struct Visibilities {
    /// What sellers see.
    pub sales: Visibility,
    /// What whoever does marketing sees.
    pub marketing: Visibility,
    /// What whoever does the billing sees.
    pub billing: Visibility,
    /// What those see who change nothing.
    pub viewer: Visibility,
}

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// Asked to join, and has not yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in; what they did stays theirs.
    Suspended,
}

/// Whether anybody may sign up a new company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignupPolicy {
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}
