//! Passwords: argon2id (RFC 9106), two at a time at most, and never inside a database transaction.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, oneshot};

use crate::identity::contract::IdentityError;
use crate::kernel::Invalid;

/// Memory in KiB, passes and lanes: the least that OWASP's Password Storage Cheat Sheet names.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashing takes a core and 19 MiB; more at once would let sign-ins starve everything else.
const AT_ONCE: usize = 2;

/// Added to the niceness of the threads that hash (`nice(2)`, which is per thread on Linux): when the cores are wanted by all,
/// whoever works goes before whoever signs in.
const NICENESS: i32 = 10;

/// How long somebody waits for their turn before they are told to try again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hash of no password that anybody knows: checking against it costs as much as against a real one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2F1Y2Ugbm9ib2R5IDAx$V2hhdGV2ZXIgeW91IHR5cGUsIGl0IGlzIHdyb25nLi4";

/// A password that may be chosen: 8 to 128 characters, and not one of the commonest.
pub(in crate::identity) struct NewPassword(SecretString);

impl NewPassword {
    /// Takes `text` as it is: no trimming, no composition rules (NIST SP 800-63B §3.1.1.2).
    pub fn parse(text: SecretString) -> Result<Self, Invalid> {
        let length = text.expose_secret().chars().count();
        if !(8..=128).contains(&length) {
            return Err(Invalid::new("must have 8 to 128 characters", "debe tener de 8 a 128 caracteres"));
        }
        let folded = text.expose_secret().to_lowercase();
        if COMMONEST_PASSWORDS.contains(&folded.as_str()) || all_the_same(&folded) {
            return Err(Invalid::new(
                "is one of the commonest passwords; choose another",
                "es una de las contraseñas más comunes; elija otra",
            ));
        }
        Ok(Self(text))
    }
}

/// Hashes and checks passwords, a few at a time; clones share the turns.
#[derive(Clone)]
pub(in crate::identity) struct Passwords {
    turns: Arc<Semaphore>,
    work: Sender<Work>,
}

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// What one thread hashes in: kept, because an allocator that gets 19 MiB back and forth comes to hold many times that.
type Memory = Vec<Block>;

impl Passwords {
    /// Nobody is hashing yet.
    pub fn new() -> Self {
        let (work, queue) = mpsc::channel::<Work>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..AT_ONCE {
            let queue = queue.clone();
            std::thread::spawn(move || {
                if let Err(error) = rustix::process::nice(NICENESS) {
                    tracing::warn!(%error, "many sign-ins at once will slow other requests down");
                }
                let mut memory = Memory::new();
                while let Some(work) = next(&queue) {
                    work(&mut memory);
                }
            });
        }
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), work }
    }

    /// The hash to store of `password`, as a PHC string.
    pub async fn hash(&self, password: NewPassword) -> Result<String, IdentityError> {
        self.in_turn(move |memory| {
            let refused = |_| IdentityError::Cryptography("argon2 refused the password");
            let (hasher, salt) = (hasher()?, Salt::generate());
            let output = output(&hasher, password.0.expose_secret(), &salt, memory)?;
            let params = ParamsString::try_from(hasher.params()).map_err(refused)?;
            let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
            let hash = PasswordHash { algorithm, version, params, salt: Some(salt), hash: Some(output) };
            Ok(hash.to_string())
        })
        .await
    }

    /// Which of `hashes` are of `password`; as slow for none as for one.
    pub async fn matching(
        &self,
        password: SecretString,
        hashes: Vec<String>,
    ) -> Result<Vec<bool>, IdentityError> {
        self.in_turn(move |memory| {
            let mut check = |hash: &str| is_of(hash, password.expose_secret(), memory);
            if hashes.is_empty() {
                check(NOBODY)?;
            }
            hashes.iter().map(|hash| check(hash)).collect()
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned());
        let turn = turn.await.map_err(|_| IdentityError::Busy)?.map_err(|_| IdentityError::Busy)?;
        let (done, outcome) = oneshot::channel();
        let task = Box::new(move |memory: &mut Memory| {
            // The turn is kept until the work ends, also when nobody waits for it any more.
            let _turn = turn;
            drop(done.send(work(memory)));
        });
        let cut_short = IdentityError::Cryptography("hashing was cut short");
        self.work.send(task).map_err(|_| cut_short)?;
        outcome.await.map_err(|_| IdentityError::Cryptography("hashing was cut short"))?
    }
}

// None when the last sender is gone.
fn next(queue: &Mutex<Receiver<Work>>) -> Option<Work> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn hasher() -> Result<Argon2<'static>, IdentityError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|_| IdentityError::Cryptography("argon2 refused its parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_of(hash: &str, password: &str, memory: &mut Memory) -> Result<bool, IdentityError> {
    let corrupt = || IdentityError::Corrupt("users.password_hash");
    let stored = PasswordHash::new(hash).map_err(|_| corrupt())?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Err(corrupt()) };
    let params = Params::try_from(&stored).map_err(|_| corrupt())?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    // Outputs compare in constant time.
    Ok(output(&hasher, password, salt, memory)? == *expected)
}

fn output(
    hasher: &Argon2<'_>,
    password: &str,
    salt: &Salt,
    memory: &mut Memory,
) -> Result<Output, IdentityError> {
    let refused = "argon2 refused the password";
    memory.resize(hasher.params().block_count(), Block::default());
    let mut bytes = [0; Params::DEFAULT_OUTPUT_LEN];
    hasher
        .hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut bytes, memory)
        .map_err(|_| IdentityError::Cryptography(refused))?;
    Output::new(&bytes).map_err(|_| IdentityError::Cryptography(refused))
}

fn all_the_same(text: &str) -> bool {
    text.chars().next().is_some_and(|first| text.chars().all(|letter| letter == first))
}

/// Our own list of common passwords of eight characters and more, in lower case; shorter ones are refused anyway.
#[rustfmt::skip]
const COMMONEST_PASSWORDS: [&str; 104] = [
    "password", "password1", "password12", "password123", "password1234", "passw0rd", "p@ssw0rd", "p@ssword",
    "pa$$word", "12345678", "123456789", "1234567890", "12345678910", "0123456789", "0987654321", "987654321",
    "87654321", "11223344", "1122334455", "12341234", "123123123", "123321123", "12121212", "123qweasd", "1q2w3e4r",
    "1q2w3e4r5t", "1qaz2wsx", "qazwsxedc", "zaq12wsx", "q1w2e3r4", "qwertyui", "qwertyuiop", "qwerty12", "qwerty123",
    "qwerty1234", "qwe123qwe", "asdfghjk", "asdfghjkl", "asdf1234", "asdfasdf", "zxcvbnm1", "zxcvbnm123", "abcdefgh",
    "abcd1234", "abc12345", "abc123456", "a1b2c3d4", "aa123456", "a12345678", "a123456789", "iloveyou", "iloveyou1",
    "sunshine", "princess", "princess1", "football", "football1", "baseball", "basketball", "superman", "batman123",
    "starwars", "whatever", "trustno1", "welcome1", "welcome123", "letmein1", "letmein123", "changeme", "changeme1",
    "changeme123", "default1", "computer", "internet", "michelle", "jennifer", "elizabeth", "administrator",
    "admin123", "admin1234", "admin12345", "administrador", "usuario1", "usuario123", "contraseña", "contraseña1",
    "contrasena", "contrasena1", "contrasena123", "contraseña123", "clave123", "clave1234", "holahola", "hola1234",
    "hola12345", "teamomucho", "tequiero", "tequiero1", "mexico123", "america1", "guadalupe", "alejandra",
    "alejandro", "cruzazul",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password() {
        for (text, expected) in [
            ("correct horse", true),
            ("contraseña larga", true),
            ("        x", true),
            ("ññññññññ1", true),
            ("1234567", false),
            ("", false),
            ("PassWord123", false),
            ("Contraseña", false),
            ("aaaaaaaaaaaa", false),
        ] {
            assert_eq!(NewPassword::parse(text.to_owned().into()).is_ok(), expected, "{text}");
        }
        assert!(NewPassword::parse("x1".repeat(64).into()).is_ok());
        assert!(NewPassword::parse(format!("{}x", "x1".repeat(64)).into()).is_err());
    }

    #[test]
    fn the_list_is_folded_and_has_nothing_that_is_refused_anyway() {
        for password in COMMONEST_PASSWORDS {
            assert_eq!(password, password.to_lowercase());
            assert!(password.chars().count() >= 8, "{password}");
        }
    }

    #[tokio::test]
    async fn a_hash_knows_its_password() {
        let passwords = Passwords::new();
        let hash =
            passwords.hash(NewPassword::parse("correct horse".to_owned().into()).unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let other =
            passwords.hash(NewPassword::parse("another horse".to_owned().into()).unwrap()).await.unwrap();
        let matching =
            passwords.matching("correct horse".to_owned().into(), vec![hash, other]).await.unwrap();
        assert_eq!(matching, [true, false]);
        assert!(passwords.matching("correct horse".to_owned().into(), vec![]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_too_long_for_a_turn_is_told_so() {
        let passwords = Passwords::new();
        let _both = passwords.turns.clone().acquire_many_owned(2).await.unwrap();
        let refused = passwords.matching("correct horse".to_owned().into(), vec![]).await;
        assert!(matches!(refused, Err(IdentityError::Busy)));
    }
}
