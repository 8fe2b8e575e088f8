//! What serde says of a body or a query, in words that people can act on.

use crate::kernel::Message;

/// serde's refusal as a sentence in both languages.
pub fn explain(serde: &str) -> Message {
    let words = serde.split(" at line ").next().unwrap_or(serde);
    let spanish = if let Some(rest) = words.strip_prefix("unknown field ") {
        format!("campo desconocido {}", expected(rest))
    } else if let Some(rest) = words.strip_prefix("missing field ") {
        format!("falta el campo {rest}")
    } else if let Some(rest) = words.strip_prefix("duplicate field ") {
        format!("el campo {rest} está repetido")
    } else if let Some(rest) = words.strip_prefix("unknown variant ") {
        format!("valor desconocido {}", expected(rest))
    } else if let Some(rest) = words.strip_prefix("invalid type: ") {
        format!("tipo no válido: {}", expected(rest))
    } else if let Some(rest) = words.strip_prefix("invalid value: ") {
        format!("valor no válido: {}", expected(rest))
    } else {
        format!("no es válido: {}", expected(words))
    };
    Message::formatted(words.to_owned(), spanish)
}

fn expected(words: &str) -> String {
    words
        .replace("expected one of", "se esperaba uno de")
        .replace("there are no fields", "no se admiten campos")
        .replace("a number from 1 to ", "un número de 1 a ")
        .replace("expected", "se esperaba")
        .replace(" or ", " o ")
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn refusals_are_told_in_both_languages() {
        for (serde, en, es) in [
            ("missing field `a` at line 1 column 2", "missing field `a`", "falta el campo `a`"),
            (
                "unknown field `b`, expected one of `c`, `d`",
                "unknown field `b`, expected one of `c`, `d`",
                "campo desconocido `b`, se esperaba uno de `c`, `d`",
            ),
            (
                "invalid type: string \"x\", expected i32",
                "invalid type: string \"x\", expected i32",
                "tipo no válido: string \"x\", se esperaba i32",
            ),
        ] {
            let message = explain(serde);
            assert_eq!((message.en.as_ref(), message.es.as_ref()), (en, es));
        }
    }
}
