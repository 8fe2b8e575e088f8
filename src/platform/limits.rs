//! Request limits: so many a minute for each tenant, user and address; by token buckets in this process.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::sync::Cache;

use crate::platform::auth::Caller;
use crate::platform::problem::Problem;

type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

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
            let key = if limit.name == TENANT {
                format!("tenant {}", caller.tenant)
            } else if limit.name.split_once(' ') == Some((method, route)) {
                format!("user {} {} {}", caller.tenant, caller.user, limit.name)
            } else {
                continue;
            };
            let standing = self.count(key, figure(limit, &caller.limits));
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

    /// Whether requests are limited at all.
    pub fn are_enabled(&self) -> bool {
        self.enabled
    }

    fn count(&self, key: String, per_minute: u32) -> Standing {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        let bucket = self.buckets.get_with((key, per_minute), || {
            Arc::new(RateLimiter::direct(quota).with_middleware::<StateInformationMiddleware>())
        });
        match bucket.check() {
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

fn figure(limit: &Limit, own: &[(String, u32)]) -> u32 {
    own.iter().find(|(name, _)| *name == limit.name).map_or(limit.per_minute, |(_, figure)| *figure)
}
