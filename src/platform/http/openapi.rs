//! The OpenAPI document: what every operation has in common is written once, here.
//!
//! Handlers declare their success, their body and their permission; this pass adds the headers, the problems that follow
//! from the shape of the operation, and the security scheme.

use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, ResponsesBuilder,
    Server,
};

/// The name of the security scheme.
pub const BEARER: &str = "bearer";

/// Completes the document that the handlers declared.
pub fn complete(document: &mut OpenApi) {
    document.info = InfoBuilder::new()
        .title("Cauce")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The way a sale runs, from the first contact to the money. Errors are problem details (RFC 9457) in English \
             or Spanish by `Accept-Language`; lists are paged by cursor; another tenant's records are 404.",
        ))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token of `POST /api/v1/auth/login`, or an API key."))
        .build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    components.schemas.insert("Problem".to_owned(), problem_schema());
    for (path, item) in &mut document.paths.paths {
        let has_id = path.contains('{');
        let operations = [
            ("get", &mut item.get),
            ("head", &mut item.head),
            ("options", &mut item.options),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete_operation(operation, method, has_id);
            }
        }
    }
}

/// Repeating them makes another session, ends one that has ended, asks for what was asked for already, or is known by a name of
/// its own, so they take no `Idempotency-Key`.
const WITHOUT_KEY: [&str; 7] = [
    "auth_login",
    "auth_refresh",
    "auth_oidc",
    "auth_logout",
    "auth_forgot_password",
    "payments_stripe_webhook",
    "payments_paypal_webhook",
];

fn complete_operation(operation: &mut Operation, method: &str, has_id: bool) {
    let permission = permission_of(operation);
    let secured = permission.is_some();
    // Said aloud, so that a forgotten declaration does not look like a public operation.
    operation.security.get_or_insert_default();
    if let Some(permission) = permission.filter(|permission| !permission.is_empty()) {
        let said = operation.description.take().unwrap_or_default();
        operation.description = Some(format!("{said}\n\nPermission: `{permission}`.").trim().to_owned());
    }
    let mut parameters = vec![header(
        "X-Correlation-Id",
        "Follows this request through logs and events: 1 to 128 visible ASCII characters. Made when absent or another.",
        text().build(),
    )];
    let name = operation.operation_id.as_deref().unwrap_or_default();
    if method == "post" && !WITHOUT_KEY.contains(&name) {
        let key = text().pattern(Some("^[!-~]{1,255}$")).build();
        parameters.push(header("Idempotency-Key", "Makes a repeated request take effect once.", key));
    }
    let declared = operation.parameters.get_or_insert_default();
    for parameter in &mut *declared {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "If-Match"
        {
            parameter.schema = Some(text().pattern(Some("^\"[1-9][0-9]{0,8}\"$")).build().into());
        }
    }
    declared.extend(parameters.into_iter().map(RefOr::T));

    let mut responses = ResponsesBuilder::new();
    for (status, description) in problems(operation, method, secured, has_id) {
        responses = responses.response(status, problem(status, description));
    }
    // What a handler declares itself says more than the general sentence.
    for (status, declared) in std::mem::take(&mut operation.responses).responses {
        let declared = match declared {
            RefOr::T(response) if status.starts_with('4') && response.content.is_empty() => {
                RefOr::T(problem(&status, &response.description))
            }
            other => other,
        };
        responses = responses.response(status, declared);
    }
    operation.responses = responses.build();
    if method == "head" {
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.content.clear();
            }
        }
    }
}

/// The problems that follow from the shape of an operation.
fn problems(
    operation: &Operation,
    method: &str,
    secured: bool,
    has_id: bool,
) -> Vec<(&'static str, &'static str)> {
    let mut problems = Vec::new();
    if secured {
        problems.push(("401", "No valid token."));
        problems.push(("403", "The permission is missing."));
    }
    if has_id {
        problems.push(("404", "No such record in this tenant."));
    }
    if is_versioned(operation) {
        problems
            .push(("412", "Somebody changed it since you read it; `current_version` says to which version."));
    }
    if method == "post" {
        problems.push(("409", "A duplicate, the wrong state, or an idempotency key in use."));
    }
    if operation.request_body.is_some() {
        problems.push(("400", "The body cannot be read."));
        problems.push(("413", "The body is too large."));
        problems.push(("415", "The body has another media type."));
    }
    problems.push(("422", "Not valid; `errors` say where and why."));
    problems.push(("429", "Too many requests."));
    problems.push(("500", "A mistake of ours."));
    problems.push(("503", "Away or busy; try again."));
    problems
}

/// The permission that an operation declares: none for a public one, empty for one that any signed-in caller may run.
fn permission_of(operation: &Operation) -> Option<String> {
    let security = operation.security.as_ref()?;
    let json = json!(security);
    let scopes = json.as_array()?.iter().find_map(|requirement| requirement.get(BEARER))?;
    Some(scopes.get(0).and_then(|scope| scope.as_str()).unwrap_or_default().to_owned())
}

/// Whether the operation checks the version that the client read.
fn is_versioned(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .any(|parameter| parameter.name == "If-Match")
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn header(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn problem(status: &str, description: &str) -> Response {
    let mut response = ResponseBuilder::new().description(description).content(
        "application/problem+json",
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
    );
    if status == "429" || status == "503" {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait.")).build();
        response = response.header("Retry-After", header);
    }
    response.build()
}

fn problem_schema() -> RefOr<Schema> {
    let field = ObjectBuilder::new()
        .property("pointer", text().description(Some("JSON pointer (RFC 6901) into the body.")))
        .property("parameter", text().description(Some("Name of the path, query or header parameter.")))
        .property("detail", text().description(Some("Why it was refused.")))
        .required("detail");
    let mut schema = ObjectBuilder::new()
        .description(Some("Problem details (RFC 9457)."))
        .property("type", text().description(Some("`/problems/<code>`, stable.")))
        .property("title", text().description(Some("What is wrong, in the language asked for.")))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .property("detail", text().description(Some("This case of it.")))
        .property("instance", text().description(Some("The request's id, as `urn:uuid:…`.")))
        .property("errors", utoipa::openapi::schema::ArrayBuilder::new().items(field))
        .examples([json!({
            "type": "/problems/invalid",
            "title": "The request is not valid",
            "status": 422,
            "instance": "urn:uuid:0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11",
            "errors": [{ "pointer": "/email", "detail": "is not an e-mail address" }]
        })]);
    for member in ["type", "title", "status", "instance"] {
        schema = schema.required(member);
    }
    schema.into()
}
