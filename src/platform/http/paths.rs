//! The paths of the API: which methods each takes, and which of them a request is for.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::dev::ResourceDef;
use actix_web::web::Data;

/// The paths of the document, each with its methods.
pub struct Paths {
    table: Vec<(ResourceDef, Vec<String>)>,
    known: HashSet<String>,
}

impl FromIterator<(String, Vec<String>)> for Paths {
    fn from_iter<I: IntoIterator<Item = (String, Vec<String>)>>(paths: I) -> Self {
        let (mut table, mut known) = (Vec::new(), HashSet::new());
        for (path, methods) in paths {
            table.push((ResourceDef::new(path.as_str()), methods));
            known.insert(path);
        }
        Self { table, known }
    }
}

impl Paths {
    /// The methods that `path` takes; empty when there is no such path.
    ///
    /// A fixed path hides the patterns that would also match it.
    pub fn methods(&self, path: &str) -> &[String] {
        let fixed = self.table.iter().find(|(pattern, _)| pattern.pattern() == Some(path));
        let found = fixed.or_else(|| self.table.iter().find(|(pattern, _)| pattern.is_match(path)));
        found.map_or(&[], |(_, methods)| methods)
    }
}

/// The path that `request` is for, as the document writes it; none when there is no such path.
pub fn path_of(request: &HttpRequest) -> Option<String> {
    // The router has found the parameters already; asking it for the pattern has it try all patterns again.
    let taken = with_names(request);
    let known = request.app_data::<Data<Paths>>().is_some_and(|paths| paths.known.contains(&taken));
    if known { Some(taken) } else { request.match_pattern() }
}

/// The path of the request with the names of its parameters in the places of their values.
fn with_names(request: &HttpRequest) -> String {
    let (found, mut pattern, mut copied) = (request.match_info(), String::new(), 0);
    let path = found.as_str();
    for (name, value) in found.iter() {
        let start = value.as_ptr().addr().wrapping_sub(path.as_ptr().addr());
        let Some(before) = path.get(copied..start) else { break };
        pattern.push_str(before);
        pattern.push('{');
        pattern.push_str(name);
        pattern.push('}');
        copied = start + value.len();
    }
    pattern.push_str(path.get(copied..).unwrap_or_default());
    pattern
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use actix_web::web::{get, resource};
    use actix_web::{App, HttpRequest};

    use super::*;

    #[actix_web::test]
    async fn the_path_of_a_request_is_the_documents() {
        let documented = ["/a", "/a/{id}", "/a/{id}/b/{other}", "/a/fixed"];
        let paths: Paths =
            documented.map(|path| (path.to_owned(), vec!["GET".to_owned()])).into_iter().collect();
        let told =
            |request: HttpRequest| async move { path_of(&request).unwrap_or_else(|| "none".to_owned()) };
        let mut app = App::new().app_data(Data::new(paths));
        for path in ["/a", "/a/fixed", "/a/{id}", "/a/{id}/b/{other}", "/hidden/{rest:.*}"] {
            app = app.service(resource(path).route(get().to(told)));
        }
        let app = init_service(app.default_service(actix_web::web::to(told))).await;
        for (asked, expected) in [
            ("/a", "/a"),
            ("/a/fixed", "/a/fixed"),
            ("/a/7", "/a/{id}"),
            ("/a/a/b/b?x=y", "/a/{id}/b/{other}"),
            ("/a/%C3%B1%20/b/%2F", "/a/{id}/b/{other}"),
            ("/hidden/1/2", "/hidden/{rest:.*}"),
            ("/nowhere/7", "none"),
            ("/", "none"),
        ] {
            let body = call_and_read_body(&app, TestRequest::get().uri(asked).to_request()).await;
            assert_eq!(body, expected, "{asked}");
        }
    }
}
