//! What is found before anybody is known, and so before there is a tenant: ids and hashes only, by the definer functions
//! of the schema.

mod store;

pub(in crate::identity) use store::{
    Login, SignupClaim, api_key, claim_signup, external, invitation, logins, password_reset, refresh_token,
    tenant, unlinked,
};
