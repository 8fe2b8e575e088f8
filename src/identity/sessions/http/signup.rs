//! Signing a company up over HTTP.

use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::SignedInView;
use super::visitor::Visitor;
use crate::identity::Identity;
use crate::identity::sessions::sign_in::{self, SignUp, SignUpKey, SignUpOutcome};
use crate::identity::tenants::domain::TenantName;
use crate::identity::users::domain::PersonName;
use crate::identity::users::passwords::NewPassword;
use crate::kernel::EmailAddress;
use crate::platform::http::{Command, Fields, Reply};
use crate::platform::problem::Problem;

/// A company that signs up, and its first user, who owns it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_name": "Ferretería López", "name": "Ana López", "email": "ana@ferreteria-lopez.mx",
    "password": "tornillos y tuercas"
}))]
pub(super) struct SignUpRequest {
    #[schema(value_type = TenantName)]
    tenant_name: String,
    #[schema(value_type = PersonName)]
    name: String,
    #[schema(value_type = EmailAddress)]
    email: String,
    /// 8 to 128 characters, not one of the commonest.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: SecretString,
}

/// Sign up a company
///
/// Makes a company and its owner, who is signed in. The company is set up for Mexico; `PATCH /api/v1/tenant` changes that.
///
/// With an `Idempotency-Key`, a repeated request answers 201 for the same company and user, with fresh tokens.
#[utoipa::path(operation_id = "auth_signup", tag = "auth",
    request_body = SignUpRequest,
    responses(
        (status = 201, description = "The company, its owner and their tokens.", body = SignedInView,
            headers(("Location" = String, description = "Where the company is."))),
        (status = 403, description = "Sign-up is closed on this server.")))]
#[post("/api/v1/auth/signup")]
pub(super) async fn auth_signup(
    visitor: Visitor,
    identity: Data<Identity>,
    command: Command<SignUpRequest>,
) -> Result<Reply, Problem> {
    let key = command
        .once
        .key()
        .map(|(key, fingerprint)| SignUpKey { key: key.to_owned(), fingerprint: fingerprint.to_vec() });
    let request = SignUp::try_from(command.value)?;
    let outcome = sign_in::sign_up(&identity, request, key, visitor).await?;
    let reply = |signed_in| -> Result<Reply, Problem> {
        Ok(Reply::created(&SignedInView::of(signed_in, &identity)?, "/api/v1/tenant".to_owned()))
    };
    match outcome {
        SignUpOutcome::New(signed_in) => reply(signed_in),
        SignUpOutcome::Repeated(signed_in) => Ok(reply(signed_in)?.replayed()),
    }
}

impl TryFrom<SignUpRequest> for SignUp {
    type Error = Problem;

    fn try_from(request: SignUpRequest) -> Result<Self, Problem> {
        let mut fields = Fields::default();
        let tenant_name = fields.take("/tenant_name", TenantName::parse(&request.tenant_name));
        let name = fields.take("/name", PersonName::parse(&request.name));
        let email = fields.take("/email", EmailAddress::parse(&request.email));
        let password = fields.take("/password", NewPassword::parse(request.password));
        fields.finish()?;
        match (tenant_name, name, email, password) {
            (Some(tenant_name), Some(name), Some(email), Some(password)) => {
                Ok(Self::new(tenant_name, name, email, password))
            }
            _ => Err(Problem::internal()),
        }
    }
}
