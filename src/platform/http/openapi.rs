//! The OpenAPI document: what every operation has in common is written once, here.
//!
//! Handlers declare their success, their body and their permission; this pass adds the headers, the problems that follow
//! from the shape of the operation, and the security scheme.

use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
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

fn complete_operation(operation: &mut Operation, method: &str, has_id: bool) {
    let permission = permission_of(operation);
    let secured = permission.is_some();
    // Said aloud, so that a forgotten declaration does not look like a public operation.
    operation.security.get_or_insert_default();
    if let Some(permission) = permission.filter(|permission| !permission.is_empty()) {
        let said = operation.description.take().unwrap_or_default();
        operation.description = Some(format!("{said}\n\nPermission: `{permission}`.").trim().to_owned());
    }
    let has_body = operation.request_body.is_some();
    let mut parameters = vec![header(
        "X-Correlation-Id",
        "Follows this request through logs and events; made when absent.",
        128,
    )];
    if method == "post" {
        parameters.push(header("Idempotency-Key", "Makes a repeated request take effect once.", 255));
    }
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));

    let mut problems: Vec<(&str, &str)> = Vec::new();
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
    if has_body {
        problems.push(("400", "The body cannot be read."));
        problems.push(("413", "The body is too large."));
        problems.push(("415", "The body has another media type."));
    }
    problems.push(("422", "Not valid; `errors` say where and why."));
    problems.push(("429", "Too many requests."));
    problems.push(("500", "A mistake of ours."));
    problems.push(("503", "Away or busy; try again."));
    let declared = std::mem::take(&mut operation.responses);
    let mut responses = ResponsesBuilder::new().responses_from_iter(declared.responses);
    for (status, description) in problems {
        responses = responses.response(status, problem(status, description));
    }
    let mut complete = responses.build();
    // What a handler declares itself says more than the general sentence.
    complete.responses.extend(operation.responses.responses.clone());
    operation.responses = complete;
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

fn header(name: &str, description: &str, longest: usize) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^[!-~]+$"))
                .min_length(Some(1))
                .max_length(Some(longest))
                .build(),
        ))
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

fn problem_schema() -> RefOr<utoipa::openapi::Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
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
