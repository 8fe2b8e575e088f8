//! Who may send at once: so many in all, so many to an endpoint and for a tenant, and none to one whose breaker is open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::store::Room;
use crate::platform::auth::TenantId;
use crate::platform::breaker::{Breaker, BreakerSettings, BreakerState};

/// Attempts at once in this process.
const MOST: usize = 64;
/// Attempts at once to one endpoint.
const MOST_TO_ENDPOINT: usize = 4;
/// Attempts at once for one tenant.
const MOST_FOR_TENANT: usize = 16;
/// Endpoints remembered before those that are well and idle are forgotten.
const MOST_REMEMBERED: usize = 10_000;

const BREAKER: BreakerSettings =
    BreakerSettings { failures_to_open: 5, open_for: Duration::from_secs(30), successes_to_close: 2 };

/// Everything that is being sent by this process; clones are the same.
#[derive(Clone, Default)]
pub struct Lanes(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    total: usize,
    tenants: HashMap<TenantId, usize>,
    lanes: HashMap<Uuid, Lane>,
}

struct Lane {
    in_flight: usize,
    breaker: Arc<Breaker>,
}

/// The right to make one attempt; dropping it makes room for another.
pub struct Seat {
    lanes: Lanes,
    tenant: TenantId,
    endpoint: Uuid,
    /// Told how the attempt went.
    pub breaker: Arc<Breaker>,
}

impl Lanes {
    /// How many more attempts may begin at `now`.
    pub fn room(&self, now: Instant) -> Room {
        let mut state = self.lock();
        if state.lanes.len() > MOST_REMEMBERED {
            state.lanes.retain(|_, lane| lane.in_flight > 0 || lane.breaker.state() != BreakerState::Closed);
        }
        let lanes =
            state.lanes.iter().map(|(endpoint, lane)| (*endpoint, left(lane.capacity(now), lane.in_flight)));
        let of_endpoint = left(MOST_TO_ENDPOINT, 0);
        let tenants = state.tenants.iter().map(|(tenant, count)| (*tenant, left(MOST_FOR_TENANT, *count)));
        Room {
            in_all: left(MOST, state.total),
            of_tenant: left(MOST_FOR_TENANT, 0),
            tenants: tenants.collect(),
            of_endpoint,
            endpoints: lanes.filter(|(_, places)| *places != of_endpoint).collect(),
        }
    }

    /// A seat for an attempt; none when the endpoint or the tenant has as many as it may.
    pub fn take(&self, tenant: TenantId, endpoint: Uuid, now: Instant) -> Option<Seat> {
        let mut state = self.lock();
        let of_tenant = state.tenants.get(&tenant).copied().unwrap_or_default();
        if state.total >= MOST || of_tenant >= MOST_FOR_TENANT {
            return None;
        }
        let lane = state
            .lanes
            .entry(endpoint)
            .or_insert_with(|| Lane { in_flight: 0, breaker: Arc::new(Breaker::new(BREAKER)) });
        if lane.in_flight >= lane.capacity(now) {
            return None;
        }
        lane.in_flight += 1;
        let breaker = lane.breaker.clone();
        state.total += 1;
        *state.tenants.entry(tenant).or_default() += 1;
        Some(Seat { lanes: self.clone(), tenant, endpoint, breaker })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left of `most` when `taken` are.
fn left(most: usize, taken: usize) -> i64 {
    i64::try_from(most.saturating_sub(taken)).unwrap_or(i64::MAX)
}

impl Lane {
    fn capacity(&self, now: Instant) -> usize {
        match self.breaker.state() {
            BreakerState::Closed => MOST_TO_ENDPOINT,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => usize::from(self.breaker.wait(now).is_none()),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        state.total = state.total.saturating_sub(1);
        if let Some(lane) = state.lanes.get_mut(&self.endpoint) {
            lane.in_flight = lane.in_flight.saturating_sub(1);
        }
        if let Some(count) = state.tenants.get_mut(&self.tenant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.tenants.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use uuid::Uuid;

    use super::{BREAKER, Lanes, MOST_FOR_TENANT, MOST_TO_ENDPOINT};
    use crate::platform::auth::TenantId;

    #[test]
    fn an_endpoint_and_a_tenant_take_only_so_many() {
        let (lanes, now) = (Lanes::default(), Instant::now());
        let (tenant, endpoint) = (TenantId::new(), Uuid::now_v7());
        let mut seats: Vec<_> =
            (0..MOST_TO_ENDPOINT).map(|_| lanes.take(tenant, endpoint, now).unwrap()).collect();
        assert!(lanes.take(tenant, endpoint, now).is_none());
        let room = lanes.room(now);
        assert_eq!((room.in_all, room.of_tenant, room.of_endpoint), (60, 16, 4));
        assert_eq!(room.endpoints, [(endpoint, 0)]);
        assert_eq!(room.tenants, [(tenant, 12)]);
        while seats.len() < MOST_FOR_TENANT {
            seats.push(lanes.take(tenant, Uuid::now_v7(), now).unwrap());
        }
        assert!(lanes.take(tenant, Uuid::now_v7(), now).is_none());
        assert_eq!(lanes.room(now).tenants, [(tenant, 0)]);
        assert!(lanes.take(TenantId::new(), Uuid::now_v7(), now).is_some());
        drop(seats);
        assert!(lanes.take(tenant, endpoint, now).is_some() && lanes.room(now).endpoints.is_empty());
    }

    #[test]
    fn an_endpoint_that_fails_rests_and_then_one_tries() {
        let (lanes, now) = (Lanes::default(), Instant::now());
        let (tenant, endpoint) = (TenantId::new(), Uuid::now_v7());
        for _ in 0..BREAKER.failures_to_open {
            let seat = lanes.take(tenant, endpoint, now).unwrap();
            seat.breaker.permit(now).unwrap().failed(now);
        }
        assert!(lanes.take(tenant, endpoint, now).is_none());
        let later = now + BREAKER.open_for + Duration::from_millis(1);
        assert_eq!(lanes.room(later).endpoints, [(endpoint, 1)]);
        let probe = lanes.take(tenant, endpoint, later).unwrap();
        assert!(lanes.take(tenant, endpoint, later).is_none(), "one tries at a time");
        probe.breaker.permit(later).unwrap().succeeded();
        drop(probe);
        let probe = lanes.take(tenant, endpoint, later).unwrap();
        probe.breaker.permit(later).unwrap().succeeded();
        let others: Vec<_> = (1..MOST_TO_ENDPOINT).map(|_| lanes.take(tenant, endpoint, later)).collect();
        assert!(others.iter().all(Option::is_some));
    }
}
