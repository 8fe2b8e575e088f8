//! The OpenAPI document as tests read it: operations, their parameters and the examples of their bodies.

use reqwest::Method;
use serde_json::Value;

/// Operations that need no token. The list may only shrink.
pub const PUBLIC: &[&str] = &[
    "system_home",
    "system_health",
    "system_live",
    "system_ready",
    "system_metrics",
    "auth_signup",
    "auth_login",
    "auth_refresh",
    "auth_accept_invitation",
    "auth_oidc",
    "auth_forgot_password",
    "auth_reset_password",
    "auth_jwks",
    "events_catalogue",
    "capture_submit",
    "capture_script",
    "quotations_show",
    "quotations_show_pdf",
    "quotations_answer",
    "payments_stripe_webhook",
    "payments_paypal_webhook",
];

/// Operations that every signed-in caller may run, whatever their rights.
pub const ANY_CALLER: &[&str] = &[
    "me_get",
    "auth_logout",
    "me_sessions_list",
    "me_sessions_end",
    "me_sessions_end_others",
    "me_second_factor_get",
    "me_second_factor_add",
    "me_second_factor_confirm",
    "me_second_factor_remove",
    "me_recovery_codes_replace",
    "me_password_change",
];

/// One operation.
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters in braces.
    pub path: String,
    /// The permission it names; empty where any caller will do, none where no token is needed.
    pub permission: Option<String>,
    /// Names of its query parameters.
    pub query: Vec<String>,
    /// Its required header parameters that have an example.
    pub headers: Vec<(String, String)>,
    pub body: Option<RequestBody>,
    /// The operation as the document has it.
    pub said: Value,
}

/// What an operation takes.
pub enum RequestBody {
    /// JSON: the example, and the names of members that refer to other records.
    Json { example: Option<Value>, references: Vec<String> },
    /// A file upload.
    Upload,
    /// Bytes of this type.
    Bytes(String),
}

/// The whole document.
pub struct Document(pub Value);

impl Document {
    /// The document of this program.
    pub fn of_program() -> Self {
        Self(serde_json::to_value(cauce::app::openapi()).expect("the document is JSON"))
    }

    /// Every operation.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().expect("paths") {
            for (method, said) in item.as_object().expect("a path item") {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                if ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                    operations.push(self.operation(method, path, said));
                }
            }
        }
        operations
    }

    fn operation(&self, method: Method, path: &str, said: &Value) -> Operation {
        let parameters = said["parameters"].as_array().cloned().unwrap_or_default();
        let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let asked = parameters.iter().filter(|one| one["in"] == "header" && one["required"] == true);
        let headers = asked.filter_map(|one| {
            let example = one.get("example").filter(|example| !example.is_null())?;
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            Some((one["name"].as_str()?.to_owned(), text))
        });
        Operation {
            id: said["operationId"].as_str().unwrap_or_default().to_owned(),
            method,
            path: path.to_owned(),
            permission: permission(said),
            query: query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect(),
            headers: headers.collect(),
            body: self.body(said),
            said: said.clone(),
        }
    }

    fn body(&self, said: &Value) -> Option<RequestBody> {
        let content = said["requestBody"]["content"].as_object()?;
        let Some(json) = content.get("application/json") else {
            let kind = content.keys().next()?;
            let is_form = kind == "multipart/form-data";
            return Some(if is_form { RequestBody::Upload } else { RequestBody::Bytes(kind.clone()) });
        };
        let schema = self.resolve(&json["schema"]);
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let references = properties.iter().filter(|(_, member)| self.is_identifier(member));
        Some(RequestBody::Json {
            example: self.example(json).cloned(),
            references: references.map(|(name, _)| name.clone()).collect(),
        })
    }

    /// Whether `schema` is an identifier, or a list of them, or either of them or null.
    fn is_identifier(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        let choices = ["oneOf", "anyOf", "allOf"].iter().filter_map(|kind| schema[kind].as_array()).flatten();
        schema["format"] == "uuid"
            || schema.get("items").is_some_and(|items| self.is_identifier(items))
            || choices.into_iter().any(|choice| self.is_identifier(choice))
    }

    /// The schema that `schema` is or refers to.
    pub fn resolve<'d>(&'d self, schema: &'d Value) -> &'d Value {
        match schema["$ref"].as_str().and_then(|reference| self.target(reference)) {
            Some(target) => self.resolve(target),
            None => schema,
        }
    }

    /// What a `$ref` points to; none when it points nowhere.
    pub fn target(&self, reference: &str) -> Option<&Value> {
        self.0.pointer(reference.strip_prefix('#')?)
    }

    /// The example of a media type: its own, or that of its schema.
    pub fn example<'d>(&'d self, media: &'d Value) -> Option<&'d Value> {
        let own =
            media.get("example").or_else(|| media["examples"].as_object()?.values().next()?.get("value"));
        own.or_else(|| {
            let schema = self.resolve(&media["schema"]);
            schema.get("example").or_else(|| schema["examples"].get(0))
        })
    }

    /// Whether people see an example of `schema`: its own, or, of a list or of something put together, that of its parts.
    pub fn shows_example(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        if schema.get("example").is_some() || schema["examples"].get(0).is_some() {
            return true;
        }
        if schema["type"] == "array" {
            return self.shows_example(&schema["items"]);
        }
        let parts = ["allOf", "oneOf"].iter().filter_map(|kind| schema[kind].as_array()).flatten();
        let members: Vec<&Value> =
            schema["properties"].as_object().into_iter().flat_map(|all| all.values()).collect();
        let lists = members.iter().copied().filter(|member| self.resolve(member)["type"] == "array");
        parts.chain(lists).any(|part| self.shows_example(part))
            || !members.is_empty() && members.iter().all(|member| self.shows_example(member))
    }
}

impl Operation {
    /// Names of the parameters in the path, in order.
    pub fn path_parameters(&self) -> Vec<&str> {
        self.path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    /// Whether the path's parameter at `index` counts within the record before it, and so identifies nothing by itself.
    pub fn counts(&self, index: usize) -> bool {
        let name = self.path_parameters()[index];
        let parameters = self.said["parameters"].as_array().into_iter().flatten();
        let mut own = parameters.filter(|one| one["in"] == "path" && one["name"] == name);
        own.any(|one| one["schema"]["type"] == "integer")
    }

    /// The path with each parameter replaced by what `value` says for it; it is asked with the path up to the parameter.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let mut filled = String::new();
        let mut seen = 0;
        for part in self.path.split_inclusive('}') {
            seen += part.len();
            match part.split_once('{') {
                Some((before, _)) => filled.extend([before, &value(&self.path[..seen])]),
                None => filled.push_str(part),
            }
        }
        filled
    }
}

fn permission(said: &Value) -> Option<String> {
    let requirements = said["security"].as_array()?;
    let scopes = requirements.iter().find_map(|requirement| requirement.get("bearer"))?;
    Some(scopes[0].as_str().unwrap_or_default().to_owned())
}
