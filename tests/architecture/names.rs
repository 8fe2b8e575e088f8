//! Every path that a file names: in `use`, in code, inside macro calls and in attributes.

use proc_macro2::{TokenStream, TokenTree};

/// A path that a file names, absolute, and its line.
pub struct Named {
    pub path: Vec<String>,
    pub line: usize,
}

/// Collects every path in `tokens`: in `use`, in code, inside macro calls and in attributes.
pub fn walk(tokens: TokenStream, place: &[String], named: &mut Vec<Named>) {
    let tokens = trees(tokens);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                at = use_tree(&tokens, at + 1, &[], place, named);
            }
            TokenTree::Ident(word) if word == "extern" && is_word(tokens.get(at + 1), "crate") => {
                at = use_tree(&tokens, at + 2, &[], place, named);
            }
            TokenTree::Ident(word) if word == "mod" => {
                at += 2;
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (tokens.get(at - 1), tokens.get(at))
                {
                    let inside = [place, &[name.to_string()]].concat();
                    walk(body.stream(), &inside, named);
                    at += 1;
                }
            }
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let (segments, next) = segments(&tokens, at);
                if segments.len() > 1 {
                    named.push(Named { path: absolute(&segments, place), line });
                }
                at = next;
            }
            TokenTree::Group(group) => {
                walk(group.stream(), place, named);
                at += 1;
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if let Some(path) = text.strip_prefix("\"crate::").and_then(|text| text.strip_suffix('"')) {
                    let segments: Vec<String> =
                        format!("crate::{path}").split("::").map(str::to_owned).collect();
                    named.push(Named { path: segments, line: literal.span().start().line });
                }
                at += 1;
            }
            TokenTree::Punct(_) => at += 1,
        }
    }
}

/// `a::b::c` from `at` on, and the index behind it.
fn segments(tokens: &[TokenTree], mut at: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        segments.push(word.to_string());
        at += 1;
        if !(is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')) {
            break;
        }
        at += 2;
    }
    (segments, at)
}

/// Expands a `use` tree that begins at `at` behind `prefix`; answers the index behind it.
fn use_tree(
    tokens: &[TokenTree],
    mut at: usize,
    prefix: &[String],
    place: &[String],
    named: &mut Vec<Named>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        let line = token.span().start().line;
        match token {
            TokenTree::Punct(mark) if mark.as_char() == ';' => return at + 1,
            TokenTree::Ident(word) if word == "as" => at += 2,
            TokenTree::Ident(_) => {
                let (mut path, next) = segments(tokens, at);
                path = [prefix, &path].concat();
                at = next;
                if is_punct(tokens.get(at), '*') {
                    path.push("*".to_owned());
                } else if path.len() > 1 && path.last().is_some_and(|segment| segment == "self") {
                    path.pop();
                }
                if let Some(TokenTree::Group(group)) = tokens.get(at) {
                    use_tree(&trees(group.stream()), 0, &path, place, named);
                    at += 1;
                } else {
                    named.push(Named { path: absolute(&path, place), line });
                }
            }
            TokenTree::Group(group) => {
                use_tree(&trees(group.stream()), 0, prefix, place, named);
                at += 1;
            }
            _ => at += 1,
        }
    }
    at
}

/// `path` from the root: `crate` and what follows, or the name of a crate.
fn absolute(path: &[String], place: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|segment| *segment == "super" || *segment == "self").count();
    if ups == 0 {
        return path.to_vec();
    }
    let supers = path[..ups].iter().filter(|segment| *segment == "super").count();
    let base = &place[..place.len().saturating_sub(supers)];
    [&["crate".to_owned()], base, &path[ups..]].concat()
}

fn trees(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}
