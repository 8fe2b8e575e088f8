//! A circuit breaker: after failures in a row, nobody calls for a while; then one caller at a time tries.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a breaker opens, and when it closes again.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures_to_open: u32,
    /// How long it stays open before a call may try.
    pub open_for: Duration,
    /// Successes in a row, one call at a time, that close it.
    pub successes_to_close: u32,
}

/// Where a breaker stands, as metrics tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// One call at a time goes through.
    HalfOpen,
    /// No call goes through.
    Open,
}

/// A circuit breaker; time is handed in, so that tests need not wait.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Raised at every change of state: a call begun before says nothing about what came after.
    generation: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    HalfOpen { successes: u32, probing: bool },
    Open { until: Instant },
}

/// The right to make one call; its holder tells how the call went. Dropping it tells nothing.
#[derive(Debug)]
#[must_use]
pub struct Permit<'b> {
    breaker: &'b Breaker,
    generation: u64,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(settings: BreakerSettings) -> Self {
        Self { settings, inner: Mutex::new(Inner { state: State::Closed { failures: 0 }, generation: 0 }) }
    }

    /// The right to call at `now`, or how long to wait before asking again.
    pub fn permit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut inner = self.lock();
        if let State::Open { until } = inner.state {
            if now < until {
                return Err(until - now);
            }
            inner.enter(State::HalfOpen { successes: 0, probing: false });
        }
        if let State::HalfOpen { probing, .. } = &mut inner.state {
            if *probing {
                return Err(self.settings.open_for);
            }
            *probing = true;
        }
        Ok(Permit { breaker: self, generation: inner.generation })
    }

    /// Where it stands.
    pub fn state(&self) -> BreakerState {
        match self.lock().state {
            State::Closed { .. } => BreakerState::Closed,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
            State::Open { .. } => BreakerState::Open,
        }
    }

    /// How long it stays open from `now` on; none when it is not, or not any more.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        match self.lock().state {
            State::Open { until } if now < until => Some(until - now),
            _ => None,
        }
    }

    /// Lets one call try at once if it is open: there is news that the other side is back.
    pub fn try_now(&self) {
        let mut inner = self.lock();
        if matches!(inner.state, State::Open { .. }) {
            inner.enter(State::HalfOpen { successes: 0, probing: false });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

impl Permit<'_> {
    /// The call went well.
    pub fn succeeded(self) {
        let mut inner = self.breaker.lock();
        if inner.generation != self.generation {
            return;
        }
        match &mut inner.state {
            State::Closed { failures } => *failures = 0,
            State::HalfOpen { successes, .. } => {
                *successes += 1;
                if *successes >= self.breaker.settings.successes_to_close {
                    inner.enter(State::Closed { failures: 0 });
                }
            }
            State::Open { .. } => {}
        }
    }

    /// The call failed at `now`.
    pub fn failed(self, now: Instant) {
        let settings = self.breaker.settings;
        let mut inner = self.breaker.lock();
        if inner.generation != self.generation {
            return;
        }
        let open = State::Open { until: now + settings.open_for };
        match &mut inner.state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures >= settings.failures_to_open {
                    inner.enter(open);
                }
            }
            State::HalfOpen { .. } => inner.enter(open),
            State::Open { .. } => {}
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut inner = self.breaker.lock();
        if inner.generation == self.generation
            && let State::HalfOpen { probing, .. } = &mut inner.state
        {
            *probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::{Breaker, BreakerSettings, BreakerState, Permit};

    const SETTINGS: BreakerSettings =
        BreakerSettings { failures_to_open: 5, open_for: Duration::from_secs(10), successes_to_close: 2 };

    #[derive(Debug, Clone)]
    enum Step {
        Ask,
        Succeed(usize),
        Fail(usize),
        Forget(usize),
        Wait(u64),
        TryNow,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => Just(Step::Ask),
            2 => (0..4_usize).prop_map(Step::Succeed),
            4 => (0..4_usize).prop_map(Step::Fail),
            1 => (0..4_usize).prop_map(Step::Forget),
            2 => (0..12_u64).prop_map(Step::Wait),
            1 => Just(Step::TryNow),
        ];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        /// Never more than one call in half-open, none when open, and a failure in half-open opens again.
        #[test]
        fn half_open_lets_one_call_try(steps in steps()) {
            let breaker = Breaker::new(SETTINGS);
            let mut now = Instant::now();
            // Calls under way, each with the state it was begun in.
            let mut calls: Vec<(Permit<'_>, BreakerState, u64)> = Vec::new();
            for step in steps {
                match step {
                    Step::Ask => {
                        let before = breaker.state();
                        if let Ok(permit) = breaker.permit(now) {
                            let generation = permit.generation;
                            calls.push((permit, breaker.state(), generation));
                        } else {
                            prop_assert_ne!(before, BreakerState::Closed);
                        }
                    }
                    Step::Succeed(index) if index < calls.len() => calls.remove(index).0.succeeded(),
                    Step::Fail(index) if index < calls.len() => {
                        let (permit, begun_in, generation) = calls.remove(index);
                        let is_current = breaker.lock().generation == generation;
                        permit.failed(now);
                        if begun_in == BreakerState::HalfOpen && is_current {
                            prop_assert_eq!(breaker.state(), BreakerState::Open);
                        }
                    }
                    Step::Forget(index) if index < calls.len() => drop(calls.remove(index)),
                    Step::Wait(seconds) => now += Duration::from_secs(seconds),
                    Step::TryNow => breaker.try_now(),
                    _ => {}
                }
                let generation = breaker.lock().generation;
                let probes = calls.iter().filter(|call| call.1 == BreakerState::HalfOpen && call.2 == generation);
                prop_assert!(probes.count() <= 1);
            }
        }
    }

    #[test]
    fn opens_at_the_fifth_failure_and_closes_after_two_successes() {
        let breaker = Breaker::new(SETTINGS);
        let start = Instant::now();
        for failures in 0..5 {
            assert_eq!(breaker.state(), BreakerState::Closed, "after {failures}");
            breaker.permit(start).unwrap().failed(start);
        }
        assert_eq!(breaker.permit(start).unwrap_err(), Duration::from_secs(10));
        let later = start + Duration::from_secs(10);
        let probe = breaker.permit(later).unwrap();
        assert!(breaker.permit(later).is_err(), "one probe at a time");
        probe.succeeded();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.permit(later).unwrap().succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_success_forgets_failures() {
        let breaker = Breaker::new(SETTINGS);
        let now = Instant::now();
        for _ in 0..20 {
            breaker.permit(now).unwrap().failed(now);
            breaker.permit(now).unwrap().succeeded();
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
