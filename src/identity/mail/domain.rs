//! The letters, in both languages, and when a letter that was not taken is tried again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kernel::Language;

/// Letters with invitations that a company may have sent in a day.
pub(super) const INVITATIONS_A_DAY: i64 = 100;

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum LetterKind {
    /// A link to set another password.
    PasswordReset,
    /// A link to join a company.
    Invitation,
}

impl LetterKind {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
        }
    }
}

/// What a letter says.
pub(in crate::identity) struct Words<'a> {
    /// To whom.
    pub to: &'a str,
    /// Their name.
    pub name: &'a str,
    /// Their company.
    pub company: &'a str,
    /// Where it leads.
    pub link: &'a str,
}

impl Words<'_> {
    /// Subject and text, in the language of the company.
    pub fn written(&self, kind: LetterKind, language: Language) -> (String, String) {
        let Self { name, company, link, .. } = self;
        match (kind, language) {
            (LetterKind::PasswordReset, Language::Spanish) => (
                format!("Una nueva contraseña para {company}"),
                format!(
                    "Hola, {name}:\n\nAlguien, quizá usted, pidió una nueva contraseña para entrar a {company} en Cauce. \
                     Elíjala aquí en los próximos 30 minutos:\n\n{link}\n\nSi no fue usted, no haga nada: su contraseña sigue siendo \
                     la misma.\n"
                ),
            ),
            (LetterKind::PasswordReset, Language::English) => (
                format!("A new password for {company}"),
                format!(
                    "Hello {name},\n\nSomebody, perhaps you, asked for a new password to sign in to {company} on Cauce. \
                     Choose it here within the next 30 minutes:\n\n{link}\n\nIf it was not you, do nothing: your password stays as it \
                     is.\n"
                ),
            ),
            (LetterKind::Invitation, Language::Spanish) => (
                format!("Invitación a {company}"),
                format!(
                    "Hola, {name}:\n\n{company} le invita a trabajar en Cauce. Acepte en los próximos 7 días:\n\n{link}\n\n\
                     Si no espera esta invitación, no haga nada.\n"
                ),
            ),
            (LetterKind::Invitation, Language::English) => (
                format!("Invitation to {company}"),
                format!(
                    "Hello {name},\n\n{company} invites you to work on Cauce. Accept within the next 7 days:\n\n{link}\n\n\
                     If you do not expect this invitation, do nothing.\n"
                ),
            ),
        }
    }
}

/// When a letter is tried again at `now` that failed `attempts` times; none when nobody has any use for it by then.
pub(super) fn next_try(
    attempts: i32,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    let next = now + TimeDelta::seconds((5 << doublings).min(1_800));
    (next < expires_at).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_names_the_company_and_holds_the_link() {
        let words = Words { to: "ana@lopez.mx", name: "Ana", company: "López", link: "https://x/#y" };
        for kind in [LetterKind::PasswordReset, LetterKind::Invitation] {
            let letters =
                [Language::Spanish, Language::English].map(|language| words.written(kind, language));
            assert_ne!(letters[0], letters[1]);
            for (subject, text) in letters {
                assert!(subject.contains("López") && !subject.contains('\n'));
                assert!(text.contains("\n\nhttps://x/#y\n\n") && text.contains("Ana"));
            }
        }
    }

    #[test]
    fn a_letter_is_tried_less_and_less_often_until_it_is_of_no_use() {
        let start = DateTime::UNIX_EPOCH;
        for (attempts, seconds) in [(1, 5), (2, 10), (3, 20), (9, 1_280), (10, 1_800), (90, 1_800)] {
            let next = next_try(attempts, start, start + TimeDelta::days(7)).unwrap();
            assert_eq!(next, start + TimeDelta::seconds(seconds), "{attempts}");
        }
        assert_eq!(next_try(3, start, start + TimeDelta::seconds(20)), None);
    }
}
