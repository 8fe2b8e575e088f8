//! The permissions that identity's operations ask for.

use crate::platform::auth::Permission;

/// See who works in the company.
pub struct ReadUsers;
/// Invite people, change their roles, suspend them.
pub struct WriteUsers;
/// See the company's settings.
pub struct ReadTenant;
/// Change the company's settings.
pub struct WriteTenant;
/// See API keys (never their secrets).
pub struct ReadApiKeys;
/// Make and revoke API keys.
pub struct WriteApiKeys;
/// See who did what.
pub struct ReadAudit;

impl Permission for ReadUsers {
    const NAME: &'static str = "users:read";
}

impl Permission for WriteUsers {
    const NAME: &'static str = "users:write";
}

impl Permission for ReadTenant {
    const NAME: &'static str = "tenant:read";
}

impl Permission for WriteTenant {
    const NAME: &'static str = "tenant:write";
}

impl Permission for ReadApiKeys {
    const NAME: &'static str = "api_keys:read";
}

impl Permission for WriteApiKeys {
    const NAME: &'static str = "api_keys:write";
}

impl Permission for ReadAudit {
    const NAME: &'static str = "audit:read";
}
