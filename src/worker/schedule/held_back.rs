//! Accounts whose entries an older transaction holds back: they become readable without a notification, so they are polled at
//! back-off steps, each by its own. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::id::AccountId;

/// First and longest pause between two polls; they double.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));

/// The accounts, and when they are polled.
#[derive(Debug, Default)]
pub(super) struct HeldBack(BTreeMap<AccountId, Step>);

#[derive(Debug, Clone, Copy)]
struct Step {
    pause: Duration,
    due: Instant,
}

impl HeldBack {
    /// Takes in that these accounts were polled, and which still are held back.
    pub(super) fn has_polled(&mut self, now: Instant, polled: &BTreeSet<AccountId>, held_back: &BTreeSet<AccountId>) {
        self.0.retain(|account, _| !polled.contains(account) || held_back.contains(account));
        for account in held_back {
            let pause = self.0.get(account).map_or(PAUSES.0, |step| (step.pause * 2).min(PAUSES.1));
            self.0.insert(*account, Step { pause, due: now + pause });
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.0.values().map(|step| step.due).min()
    }

    /// Those that are due, or will be before half of their pause has passed, so that many are polled at once.
    pub(super) fn at(&self, now: Instant) -> BTreeSet<AccountId> {
        let is_due = |step: &Step| step.due <= now + step.pause / 2;
        self.0.iter().filter(|(_, step)| is_due(step)).map(|(account, _)| *account).collect()
    }
}

#[cfg(test)]
mod tests;
