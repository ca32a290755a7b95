//! A turn's requests that carry nothing: when they are sent, and what follows from their answers.

use std::time::Instant;

use futures_util::future::BoxFuture;

use super::{Arrived, Phase, Turn};
use crate::store;
use crate::worker::confirming::{self, Probed, Probes};
use crate::worker::delivering::{Ending, Report};

impl<'l> Turn<'l> {
    /// Whether the turn waits until what was accepted can be confirmed. Where others wait for a turn, a later one confirms it.
    pub(super) fn waits_to_confirm(&self) -> bool {
        let may_wait = self.phase <= Phase::Drained && !self.seat.is_crowded() && !self.line.is_stopping();
        may_wait && self.confirming.due().is_some()
    }

    pub(super) fn ask(&self, probes: Probes) -> BoxFuture<'l, Result<Probed, store::Error>> {
        let (line, seat) = (self.line, self.seat);
        Box::pin(async move { seat.hold(Box::pin(line.priority.hold(confirming::ask(line, probes)))).await })
    }

    /// Takes in what became of requests that carry nothing.
    pub(super) fn has_asked(&mut self, came_of_it: Probed) {
        let (report, progress, again) = match came_of_it {
            Probed::Withheld => return self.enter(Phase::Ended),
            Probed::Passed(probes) => {
                self.memory.probes_first = false;
                (Report::default(), self.confirming.has_passed(probes), 0)
            }
            Probed::Failed(attempt) => {
                let report = Report::of_probe(attempt);
                let (progress, again) = self.confirming.take_in(&report, Instant::now());
                self.line.priority.learn(&report);
                (report, progress, again)
            }
        };
        let in_order = self.phase < Phase::Blocked;
        if matches!(report.ending, Ending::Settled) && progress.confirmed.is_none() || !in_order {
            return;
        }
        self.memory.learn(&report, &progress);
        if report.ending.outcome().is_some() {
            self.enter(Phase::Blocked);
        }
        let careful = self.careful_at_last;
        self.arrived.push_back(Arrived { report, progress, again, memory: self.memory, in_order, careful });
    }
}
