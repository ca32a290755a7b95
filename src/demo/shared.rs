//! What the endpoint and the pages of one receiver share.

use crate::clock::Clock;
use crate::random::Random;

use super::relay::Relay;
use super::switch::Switch;
use super::{Options, Received};

/// What the endpoint and the pages of one receiver share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) relay: Relay,
    pub(super) switch: Switch,
    pub(super) received: Received,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// In front of every path: empty or `/sentry`.
    pub(super) prefix: String,
    /// Tracecast's own pages.
    pub(super) tracecast_url: Option<String>,
}

impl Shared {
    /// For a receiver that was started with these options.
    pub(super) fn new(options: Options) -> Self {
        let switch = Switch::default();
        switch.turn(options.behaviour, None);
        Self {
            relay: Relay::new(options.keys),
            switch,
            received: Received::new(options.limits),
            clock: options.clock,
            random: options.random,
            prefix: options.prefix.trim_end_matches('/').to_owned(),
            tracecast_url: options.tracecast_url,
        }
    }
}
