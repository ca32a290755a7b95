//! The switch that people and tests turn: which behaviour holds, and for how many requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::Behaviour;

/// The behaviour that holds now.
#[derive(Debug, Default)]
pub(super) struct Switch {
    setting: Mutex<Setting>,
    turned: Notify,
}

/// A behaviour, and for how many more requests; without a number until it is changed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setting {
    pub(super) behaviour: Behaviour,
    pub(super) remaining: Option<u32>,
}

impl Switch {
    /// From now on this. Requests that hang are let go.
    pub(super) fn turn(&self, behaviour: Behaviour, requests: Option<u32>) {
        *self.setting() = Setting { behaviour, remaining: requests };
        self.turned.notify_waiters();
    }

    /// What holds now.
    pub(super) fn shown(&self) -> Setting {
        *self.setting()
    }

    /// The behaviour for one request, which counts.
    pub(super) fn take(&self) -> Behaviour {
        let mut setting = self.setting();
        let behaviour = match setting.remaining {
            Some(0) => Behaviour::Normal,
            _ => setting.behaviour,
        };
        setting.remaining = setting.remaining.map(|left| left.saturating_sub(1));
        if setting.remaining == Some(0) {
            *setting = Setting::default();
        }
        behaviour
    }

    /// Ends when the switch is turned; counts from the call on, not from the first poll.
    pub(super) fn turned(&self) -> Notified<'_> {
        self.turned.notified()
    }

    fn setting(&self) -> MutexGuard<'_, Setting> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_behaviour_for_two_requests_ends_after_them() {
        let switch = Switch::default();
        switch.turn(Behaviour::Quota, Some(2));
        let taken = [switch.take(), switch.take(), switch.take()];
        assert_eq!(taken, [Behaviour::Quota, Behaviour::Quota, Behaviour::Normal]);
    }

    #[test]
    fn a_behaviour_without_a_number_stays() {
        let switch = Switch::default();
        switch.turn(Behaviour::Hang, None);
        assert_eq!([switch.take(), switch.take()], [Behaviour::Hang; 2]);
    }
}
