//! Request limits: so many a minute for each tenant, user and address, by token buckets in this process; and what else a
//! tenant may have only so much of.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::RateLimiter;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use moka::sync::Cache;
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::auth::Caller;
use crate::platform::db::TenantTx;
use crate::platform::problem::Problem;

struct Bucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>,
    /// What was left when it was counted last, as the limiter tells it to who takes something only.
    left: Mutex<(u32, Instant)>,
}

/// The limit of all requests of one tenant together.
pub const TENANT: &str = "tenant";

/// A named limit: `tenant`, or `<METHOD> <route>` for one user on one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The name, by which a tenant sets its own figure.
    pub name: String,
    /// Requests a minute.
    pub per_minute: u32,
}

/// Where a caller stands after a request, for the `RateLimit-*` headers.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Requests a minute.
    pub limit: u32,
    /// Requests left at once.
    pub remaining: u32,
    /// Seconds until the whole limit is free again, or, when refused, until the next request is taken.
    pub reset_seconds: u64,
    refused: bool,
}

impl Standing {
    /// 429 when the request is one too many.
    pub fn refusal(&self) -> Option<Problem> {
        self.refused.then(|| Problem::too_many_requests(self.reset_seconds.max(1)))
    }
}

/// All request limits; clones share their counts.
#[derive(Clone)]
pub struct Limits {
    defaults: Arc<Vec<Limit>>,
    per_address: u32,
    enabled: bool,
    buckets: Cache<(String, u32), Arc<Bucket>>,
    clock: DefaultClock,
}

impl Limits {
    /// Limits with `defaults` for tenants that set none, and `per_address` for requests without a token.
    pub fn new(defaults: Vec<Limit>, per_address: u32, enabled: bool) -> Self {
        let buckets = Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_mins(10)).build();
        Self { defaults: Arc::new(defaults), per_address, enabled, buckets, clock: DefaultClock::default() }
    }

    /// The limits of a tenant that has `own` figures for some of them.
    pub fn of_tenant(&self, own: &[(String, u32)]) -> Vec<Limit> {
        self.defaults
            .iter()
            .map(|limit| Limit { name: limit.name.clone(), per_minute: figure(limit, own) })
            .collect()
    }

    /// Counts a request of `caller`; none when no limit applies.
    pub fn check_caller(&self, caller: &Caller, method: &str, route: &str) -> Option<Standing> {
        if !self.enabled {
            return None;
        }
        let mut tightest: Option<Standing> = None;
        for limit in self.defaults.iter() {
            if limit.name != TENANT && limit.name.split_once(' ') != Some((method, route)) {
                continue;
            }
            let standing = self.count(key(limit, caller), figure(limit, &caller.limits));
            let tighter = tightest.as_ref().is_none_or(|other| {
                (standing.refused, other.remaining) > (other.refused, standing.remaining)
            });
            if tighter {
                tightest = Some(standing);
            }
        }
        tightest
    }

    /// Counts a request without a token from `address`; 429 when it is one too many.
    pub fn check_address(&self, address: &str) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        self.count(format!("address {address}"), self.per_address).refusal().map_or(Ok(()), Err)
    }

    /// Counts a request under `key`, of which `per_minute` are taken; 429 when it is one too many.
    pub fn check(&self, key: String, per_minute: u32) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        self.count(key, per_minute).refusal().map_or(Ok(()), Err)
    }

    /// Where `caller` stands with each limit; nothing is counted.
    pub fn standings(&self, caller: &Caller) -> Vec<Quota> {
        let standing = |limit: &Limit| {
            let figure = figure(limit, &caller.limits);
            let bucket = self.buckets.get(&(key(limit, caller), figure));
            let left = bucket.filter(|_| self.enabled).map_or(figure, |bucket| bucket.left(figure));
            let unit = if limit.name == TENANT {
                QuotaUnit::RequestsPerMinute
            } else {
                QuotaUnit::RequestsPerMinuteAndUser
            };
            Quota {
                used: Some(u64::from(figure - left.min(figure))),
                ..Quota::size(&limit.name, unit, figure as usize)
            }
        };
        self.defaults.iter().map(standing).collect()
    }

    /// Whether requests are limited at all.
    pub fn are_enabled(&self) -> bool {
        self.enabled
    }

    fn count(&self, key: String, per_minute: u32) -> Standing {
        let quota = governor::Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        let bucket = self.buckets.get_with((key, per_minute), || {
            let limiter = RateLimiter::direct(quota).with_middleware::<StateInformationMiddleware>();
            Arc::new(Bucket { limiter, left: Mutex::new((per_minute, Instant::now())) })
        });
        let counted = bucket.limiter.check();
        let left = counted.as_ref().map_or(0, governor::middleware::StateSnapshot::remaining_burst_capacity);
        *bucket.left.lock().unwrap_or_else(PoisonError::into_inner) = (left, Instant::now());
        match counted {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let missing = u64::from(per_minute.saturating_sub(remaining));
                let reset_seconds = (missing * 60).div_ceil(u64::from(per_minute.max(1)));
                Standing { limit: per_minute, remaining, reset_seconds, refused: false }
            }
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let reset_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Standing { limit: per_minute, remaining: 0, reset_seconds, refused: true }
            }
        }
    }
}

impl Bucket {
    /// What is left at present of `per_minute`.
    fn left(&self, per_minute: u32) -> u32 {
        let (left, at) = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let regained = at.elapsed().as_millis() * u128::from(per_minute) / 60_000;
        left.saturating_add(u32::try_from(regained).unwrap_or(u32::MAX)).min(per_minute)
    }
}

/// What a figure of a [`Quota`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaUnit {
    /// Requests in a minute, of the whole company.
    RequestsPerMinute,
    /// Requests in a minute, of each user.
    RequestsPerMinuteAndUser,
    /// Things that are there at the same time.
    Items,
    /// Things that were made within the last 24 hours.
    ItemsPerDay,
    /// Bytes of one thing.
    Bytes,
}

/// Something that a tenant may have, or do, only so much of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quota {
    /// What is limited.
    pub name: String,
    /// What the figures count.
    pub unit: QuotaUnit,
    /// The most there may be.
    pub limit: u64,
    /// How much of it is used at present; null where each thing is measured by itself.
    #[schema(required)]
    pub used: Option<u64>,
}

impl Quota {
    /// `used` of at most `limit` things that are there at the same time.
    pub fn held(name: &str, used: usize, limit: usize) -> Self {
        Self { used: Some(used as u64), ..Self::size(name, QuotaUnit::Items, limit) }
    }

    /// At most `limit` of one thing.
    pub fn size(name: &str, unit: QuotaUnit, limit: usize) -> Self {
        Self { name: name.to_owned(), unit, limit: limit as u64, used: None }
    }
}

/// What a module says of its limits and of how much of them the transaction's tenant uses.
pub type QuotaSource = Box<dyn Fn(&mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> + Send + Sync>;

/// The limits of all modules.
pub struct Quotas(Vec<QuotaSource>);

impl Quotas {
    /// Limits as `sources` tell them.
    pub fn new(sources: Vec<QuotaSource>) -> Self {
        Self(sources)
    }

    /// Every limit and how much of it the transaction's tenant uses.
    pub fn of(&self, tx: &mut TenantTx<'_>) -> Result<Vec<Quota>, Problem> {
        let told = self.0.iter().map(|source| source(tx)).collect::<Result<Vec<_>, _>>()?;
        Ok(told.concat())
    }
}

fn key(limit: &Limit, caller: &Caller) -> String {
    if limit.name == TENANT {
        format!("tenant {}", caller.tenant)
    } else {
        format!("user {} {} {}", caller.tenant, caller.user, limit.name)
    }
}

fn figure(limit: &Limit, own: &[(String, u32)]) -> u32 {
    own.iter().find(|(name, _)| *name == limit.name).map_or(limit.per_minute, |(_, figure)| *figure)
}
