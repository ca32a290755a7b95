//! What the endpoint and the pages of one receiver share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::change::Change;
use super::project::Project;
use super::relay::{Key, Relay};
use super::switch::Switch;
use super::time::UnixNanos;
use super::{AcceptedKey, Options, Received};

/// What the endpoint and the pages of one receiver share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The key that the pages show, and that people disable and enable.
    pub(super) key: AcceptedKey,
    pub(super) switch: Switch,
    pub(super) received: Received,
    /// In front of every path: empty or `/sentry`.
    pub(super) prefix: String,
    /// Tracecast's own pages.
    pub(super) tracecast_url: Option<String>,
    relay: Mutex<Timed>,
}

/// Relay, and by how much its clock is ahead.
#[derive(Debug)]
struct Timed {
    relay: Relay,
    ahead: Duration,
}

impl Shared {
    /// For a receiver that was started with these options.
    pub(super) fn new(options: Options) -> Self {
        let switch = Switch::default();
        switch.turn(options.behaviour, None);
        let mut keys = options.keys;
        if keys.is_empty() {
            keys.push(AcceptedKey::default());
        }
        Self {
            key: keys.first().cloned().unwrap_or_default(),
            switch,
            received: Received::new(options.limits),
            prefix: options.prefix.trim_end_matches('/').to_owned(),
            tracecast_url: options.tracecast_url,
            relay: Mutex::new(Timed {
                relay: Relay::new(options.cache, keys.into_iter().map(AcceptedKey::into_pair)),
                ahead: Duration::ZERO,
            }),
        }
    }

    /// Does something with Relay. What it has learned by then, and what it learns by it, is applied to what was parked.
    pub(super) fn at_relay<T>(&self, act: impl FnOnce(&mut Relay, Duration) -> T) -> T {
        let mut timed = self.timed();
        let now = Duration::from_nanos(UnixNanos::now().0) + timed.ahead;
        self.settle(timed.relay.learn(now));
        let result = act(&mut timed.relay, now);
        self.settle(timed.relay.learn(now));
        result
    }

    /// Something happens to Sentry or to Relay.
    pub(super) fn change(&self, change: Change) {
        let key = || self.key.clone().into_pair();
        self.at_relay(|relay, now| match change {
            Change::EnableKey => relay.hold(key(), Project::Enabled),
            Change::DisableKey => relay.hold(key(), Project::Disabled),
            Change::ZeroQuota => relay.hold(key(), Project::ZeroQuota),
            Change::Restart => relay.restart(now),
            Change::LoseUpstream => relay.lose_upstream(now),
            Change::FindUpstream => relay.find_upstream(now),
        });
    }

    /// Puts Relay's clock forward.
    pub(super) fn advance(&self, by: Duration) {
        self.timed().ahead += by;
    }

    /// What arrived, after what Relay has learned by now.
    pub(super) fn received(&self) -> &Received {
        self.at_relay(|_, _| ());
        &self.received
    }

    fn settle(&self, learned: Vec<(Key, Project)>) {
        for (key, project) in learned {
            self.received.settle(&key, project);
        }
    }

    fn timed(&self) -> MutexGuard<'_, Timed> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
