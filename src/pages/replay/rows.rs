//! Replays as the page lists them.

use chrono::{DateTime, Utc};

use crate::pages::components::amount::{count, grouped};
use crate::pages::components::when::{When, span};
use crate::store::replays::{Progress, Replay};

/// A replay.
#[derive(Debug)]
pub struct ReplayRow {
    /// Its id, as in its address.
    pub id: String,
    pub title: String,
    /// "Running", "Paused", "Cancelled" or "Done".
    pub state: &'static str,
    /// The tone of its state.
    pub tone: &'static str,
    pub is_running: bool,
    pub is_paused: bool,
    /// Requests behind it and of all, for its bar.
    pub progress: (i64, i64),
    pub facts: Vec<String>,
}

impl ReplayRow {
    pub(super) fn of(replay: &Replay, now: DateTime<Utc>) -> Self {
        let is_running = replay.is_running();
        let (state, tone) = match replay.progress() {
            Progress::Running => ("Running", "warn"),
            Progress::Paused => ("Paused", "off"),
            Progress::Cancelled => ("Cancelled", "off"),
            Progress::Done => ("Done", "good"),
        };
        let behind = (replay.requests - replay.rest).max(0);
        let mut facts = if is_running {
            vec![format!("{} of {}", grouped(behind), count(replay.requests, "request"))]
        } else {
            vec![format!("{} delivered", count(replay.delivered, "request")), lasted(replay)]
        };
        facts.extend(replay.rate.map(|rate| format!("at most {} a second", grouped(rate.into()))));
        facts.extend(replay.skips_delivered.then(|| "without what was delivered before".to_owned()));
        facts.push(format!("begun {}", When::new(replay.created_at, now).absolute()));
        facts.push(format!("by {}", replay.created_by));
        Self {
            id: replay.id.to_string(),
            title: title(replay, now),
            state,
            tone,
            is_running,
            is_paused: replay.paused,
            progress: (behind, replay.requests),
            facts,
        }
    }
}

fn title(replay: &Replay, now: DateTime<Utc>) -> String {
    match (replay.chosen.as_str(), replay.begins_at, replay.ends_at) {
        ("dead_letters", ..) => "Dead letters".to_owned(),
        ("all", Some(from), Some(until)) => {
            let [from, until] = [from, until].map(|at| When::new(at, now));
            let (from_day, until_day) = (from.day(), until.day());
            let until_day = if from_day == until_day { String::new() } else { format!("{until_day}, ") };
            format!("{from_day}, {} to {until_day}{}", from.clock(), until.clock())
        }
        _ => count(replay.requests, "chosen request"),
    }
}

/// How long it took, as far as it is known.
fn lasted(replay: &Replay) -> String {
    match replay.cancelled_at.or(replay.turn_ended_at) {
        Some(end) => format!("within {}", span(end - replay.created_at)),
        None => "nothing was left to send".to_owned(),
    }
}
