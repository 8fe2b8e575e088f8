//! Sessions and their refresh tokens: rules without I/O.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::platform::auth::{SessionId, UserId};

/// What a refresh token begins with.
pub(super) const REFRESH_PREFIX: &str = "cauce_refresh_";

/// How long a session lasts, whatever happens in it.
const ABSOLUTE_LIFETIME: TimeDelta = TimeDelta::days(30);

/// How long a session lasts without a refresh.
const IDLE_LIFETIME: TimeDelta = TimeDelta::days(7);

/// How long a spent token still tells its successor: to a client that never got the answer, or asked twice at once.
const REPETITION: TimeDelta = TimeDelta::seconds(10);

/// How long spent tokens are remembered, to know a thief by.
pub(super) const SPENT_ARE_KEPT: TimeDelta = IDLE_LIFETIME;

/// How late the use of a session is noted.
const USE_IS_NOTED: TimeDelta = TimeDelta::minutes(1);

/// Characters of a `User-Agent` that are kept.
const AGENT_CHARACTERS: usize = 200;

/// What somebody signs in with, and from where.
#[derive(Debug, Clone)]
pub(in crate::identity) struct Device {
    /// What it says of itself.
    pub user_agent: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// The part of the address that is one person's.
    pub place: String,
}

impl Device {
    /// A device that says of itself `user_agent`, at `ip`, which belongs to `place`.
    pub fn new(user_agent: Option<&str>, ip: Option<IpAddr>, place: String) -> Self {
        let agent = user_agent.map(|agent| agent.chars().take(AGENT_CHARACTERS).collect());
        Self { user_agent: agent, ip: ip.map(|ip| ip.to_string()), place }
    }
}

/// A session as its user sees it.
#[derive(Debug, Clone)]
pub(super) struct SessionRecord {
    /// The session.
    pub id: SessionId,
    /// What it began with, as that says of itself.
    pub user_agent: Option<String>,
    /// From where it began.
    pub ip: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// Whether a use at `now` is worth noting.
pub(super) fn use_is_news(last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_used_at >= USE_IS_NOTED
}

/// One signing-in of a user.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
    /// When it ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Session {
    /// A session that begins at `now`.
    pub fn new(user: UserId, now: DateTime<Utc>) -> Self {
        Self { id: SessionId::new(), user, expires_at: now + ABSOLUTE_LIFETIME, ended_at: None }
    }

    /// Until when a refresh token made at `now` is good.
    pub fn token_expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.expires_at.min(now + IDLE_LIFETIME)
    }
}

/// A refresh token of a session, as it is stored.
#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// How it was spent, if it was.
    pub spent: Option<Spent>,
}

/// How a refresh token was spent.
#[derive(Debug, Clone)]
pub(super) struct Spent {
    /// When.
    pub at: DateTime<Utc>,
    /// With the token, it tells its successor.
    pub salt: Vec<u8>,
    /// Whether the successor was spent too.
    pub successor_used: bool,
}

/// What becomes of a refresh token that somebody brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is spent, and followed by a new one.
    Rotate,
    /// It was spent a moment ago: its holder gets the same successor again.
    Repeat,
    /// Two people hold it: nobody of the family is trusted any more.
    Stolen,
    /// It is over.
    Refuse,
}

/// What becomes of `token` of `session` at `now`.
pub(super) fn judge(session: &Session, token: &RefreshToken, now: DateTime<Utc>) -> Verdict {
    if session.ended_at.is_some() || session.expires_at <= now {
        return Verdict::Refuse;
    }
    match &token.spent {
        None if token.expires_at <= now => Verdict::Refuse,
        None => Verdict::Rotate,
        Some(spent) if now - spent.at <= REPETITION && !spent.successor_used => Verdict::Repeat,
        Some(_) => Verdict::Stolen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_refresh_token() {
        let start = DateTime::UNIX_EPOCH;
        let session = Session::new(UserId::new(), start);
        let ended = Session { ended_at: Some(start), ..session.clone() };
        let token = |spent: Option<(i64, bool)>| RefreshToken {
            expires_at: session.token_expiry(start),
            spent: spent.map(|(second, successor_used)| Spent {
                at: start + TimeDelta::seconds(second),
                salt: vec![0; 32],
                successor_used,
            }),
        };
        let day = 24 * 60 * 60;
        for (session, spent, second, expected) in [
            (&session, None, 0, Verdict::Rotate),
            (&session, None, 7 * day - 1, Verdict::Rotate),
            (&session, None, 7 * day, Verdict::Refuse),
            (&session, Some((100, false)), 100, Verdict::Repeat),
            (&session, Some((100, false)), 110, Verdict::Repeat),
            (&session, Some((100, false)), 111, Verdict::Stolen),
            (&session, Some((100, true)), 101, Verdict::Stolen),
            (&session, Some((100, false)), 8 * day, Verdict::Stolen),
            (&session, Some((100, true)), 30 * day, Verdict::Refuse),
            (&ended, None, 0, Verdict::Refuse),
            (&ended, Some((0, false)), 1, Verdict::Refuse),
        ] {
            let now = start + TimeDelta::seconds(second);
            assert_eq!(judge(session, &token(spent), now), expected, "{spent:?} at {second}");
        }
    }

    #[test]
    fn no_token_outlives_its_session() {
        let start = DateTime::UNIX_EPOCH;
        let session = Session::new(UserId::new(), start);
        assert_eq!(session.token_expiry(start), start + TimeDelta::days(7));
        assert_eq!(session.token_expiry(start + TimeDelta::days(29)), start + TimeDelta::days(30));
    }
}
