//! The states of leads in other systems and languages.

use crate::kernel::text;

/// The status that a word of another system or language means: `new`, `contacted`, `qualified`, `converted` or `disqualified`.
pub fn status(cell: &str) -> Option<&'static str> {
    let folded = text::fold(&cell.replace(['_', '-'], " "));
    let line = STATUS_WORDS.iter().find(|(_, words)| words.contains(&folded.as_str()));
    line.map(|(status, _)| *status)
}

/// Statuses and their words, folded: by hand, from `HubSpot` and from Odoo.
#[rustfmt::skip]
const STATUS_WORDS: [(&str, &[&str]); 5] = [
    ("new", &["new", "nuevo", "nueva", "novo", "nova", "open", "abierto", "abierta", "sin contactar", "por contactar", "pendiente",
              "prospecto", "lead", "entrante"]),
    ("contacted", &["contacted", "contactado", "contactada", "contatado", "en contacto", "connected", "conectado", "in progress",
                    "en progreso", "en curso", "en proceso", "en seguimiento", "seguimiento", "attempted to contact",
                    "intento de contacto", "open deal", "working", "trabajando", "bad timing", "mal momento"]),
    ("qualified", &["qualified", "calificado", "calificada", "cualificado", "cualificada", "qualificado", "interesado", "interesada",
                    "proposition", "propuesta", "cotizado", "sql", "mql", "oportunidad", "opportunity"]),
    ("converted", &["converted", "convertido", "convertida", "won", "ganado", "ganada", "closed won", "cerrado ganado", "cliente",
                    "customer"]),
    ("disqualified", &["disqualified", "unqualified", "descalificado", "descalificada", "no calificado", "no calificada",
                       "no cualificado", "desqualificado", "perdido", "perdida", "lost", "closed lost", "cerrado perdido", "descartado",
                       "descartada", "no interesado", "no interesada", "junk", "basura", "spam"]),
];

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn status_words_are_translated() {
        for (word, expected) in [
            ("Nuevo", Some("new")),
            ("CONTACTADO", Some("contacted")),
            ("En seguimiento", Some("contacted")),
            ("Calificada", Some("qualified")),
            ("ATTEMPTED_TO_CONTACT", Some("contacted")),
            ("Perdido", Some("disqualified")),
            ("No calificado", Some("disqualified")),
            ("Ganado", Some("converted")),
            ("qualified", Some("qualified")),
            ("Oaxaca", None),
            ("", None),
        ] {
            assert_eq!(status(word), expected, "{word}");
        }
    }
}
