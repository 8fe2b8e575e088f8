//! What happens to passwords and second factors; never what they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::events::Event;

/// How a password came to be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PasswordChange {
    /// Its owner gave the one before.
    Changed,
    /// Its owner forgot it, and followed a link in a letter.
    Reset,
}

/// A user has another password; their other sessions ended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserPasswordChanged {
    /// How.
    pub how: PasswordChange,
}

impl Event for UserPasswordChanged {
    const TYPE: &'static str = "User.PasswordChanged";
    const SUBJECT: &'static str = "user.password.changed";
    const SUMMARY: &'static str = "A user has another password; their other sessions ended.";

    fn example() -> Self {
        Self { how: PasswordChange::Changed }
    }
}

/// A user's sign-in asks for a code from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserSecondFactorAdded {}

impl Event for UserSecondFactorAdded {
    const TYPE: &'static str = "User.SecondFactorAdded";
    const SUBJECT: &'static str = "user.second-factor.added";
    const SUMMARY: &'static str = "A user's sign-in asks for a code from now on.";

    fn example() -> Self {
        Self {}
    }
}

/// A user's sign-in asks for a password only.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserSecondFactorRemoved {}

impl Event for UserSecondFactorRemoved {
    const TYPE: &'static str = "User.SecondFactorRemoved";
    const SUBJECT: &'static str = "user.second-factor.removed";
    const SUMMARY: &'static str = "A user's sign-in asks for a password only.";

    fn example() -> Self {
        Self {}
    }
}

/// A user has other recovery codes; the ones before are worth nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserRecoveryCodesReplaced {}

impl Event for UserRecoveryCodesReplaced {
    const TYPE: &'static str = "User.RecoveryCodesReplaced";
    const SUBJECT: &'static str = "user.recovery-codes.replaced";
    const SUMMARY: &'static str = "A user has other recovery codes; the ones before are worth nothing.";

    fn example() -> Self {
        Self {}
    }
}

/// A user gave a recovery code instead of one of their device.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserRecoveryCodeUsed {
    /// How many they have left.
    pub left: i64,
}

impl Event for UserRecoveryCodeUsed {
    const TYPE: &'static str = "User.RecoveryCodeUsed";
    const SUBJECT: &'static str = "user.recovery-code.used";
    const SUMMARY: &'static str = "A user gave a recovery code instead of one of their device.";

    fn example() -> Self {
        Self { left: 9 }
    }
}
