//! A destination's health: decides what *behind*, *failing* and *switched off* mean, for pages and API alike (spec 4.4).

use chrono::{DateTime, TimeDelta, Utc};

use crate::delivery::Health as Noted;
use crate::destination::kinds;
use crate::store::accounts::Account;
use crate::store::cursors::Lag;
use crate::store::destinations::Destination;

/// A delivering destination is behind when a request has waited for longer.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Delivers, or has nothing to deliver.
    Healthy,
    /// Delivers, but not as fast as requests complete.
    Behind,
    /// Paused by a person.
    Paused,
    /// The receiver does not accept. The destination is tried again.
    Failing(Trouble),
    /// A person has to do something.
    NeedsAttention(Trouble),
    /// The program switched it off.
    SwitchedOff(Trouble),
}

/// What is wrong with a destination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// The receiver's answer or the failure, in a sentence.
    pub reason: Option<String>,
    /// When waiting requests are tried again. None: none wait, or none are tried.
    pub next: Option<DateTime<Utc>>,
    /// Whether the receiver said that it wants no more requests.
    pub is_farewell: bool,
}

impl Health {
    /// The health of a destination of this account now, by the database's clock.
    pub fn of(destination: &Destination, lag: &Lag, account: &Account, now: DateTime<Utc>) -> Self {
        let is_tried = account.broadcast_enabled && destination.enabled && lag.waiting + lag.unconfirmed > 0;
        let trouble = |since| Trouble {
            since,
            reason: destination.reason.clone().filter(|reason| !reason.is_empty()),
            next: destination.not_before.filter(|_| is_tried),
            is_farewell: is_farewell(destination),
        };
        match (destination.enabled, destination.health) {
            _ if destination.switched_off_at.is_some() => Self::SwitchedOff(trouble(destination.switched_off_at)),
            (false, _) => Self::Paused,
            (true, Noted::Failing) => Self::Failing(trouble(destination.failing_since)),
            (true, Noted::NeedsAttention) => Self::NeedsAttention(trouble(destination.failing_since)),
            (true, Noted::Healthy) if is_behind(lag, account, now) => Self::Behind,
            (true, Noted::Healthy) => Self::Healthy,
        }
    }

    /// The trouble of an unhealthy destination.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Healthy | Self::Behind | Self::Paused => None,
            Self::Failing(trouble) | Self::NeedsAttention(trouble) | Self::SwitchedOff(trouble) => Some(trouble),
        }
    }
}

/// An attempt is stored with its sentence only, so the sentence is compared with the kind's own.
fn is_farewell(destination: &Destination) -> bool {
    let kind = kinds::find(&destination.kind);
    kind.zip(destination.reason.as_deref()).is_some_and(|(kind, reason)| kind.is_farewell(reason))
}

/// No destination is behind while Broadcast is off, when every request waits, nor while its people let the rest wait for another day.
fn is_behind(lag: &Lag, account: &Account, now: DateTime<Utc>) -> bool {
    account.broadcast_enabled && lag.held_until.is_none() && lag.oldest.is_some_and(|oldest| now - oldest > PATIENCE)
}

#[cfg(test)]
mod tests;
