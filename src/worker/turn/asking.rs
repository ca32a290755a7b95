//! A turn's probes: when they are sent, and what follows from their answers.

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

    /// Takes in the answers to probes. They say nothing after a batch has failed meanwhile: the next turn asks again.
    pub(super) fn has_asked(&mut self, answers: Probed) {
        if self.phase >= Phase::Blocked {
            return;
        }
        let attempt = self.memory.failures.saturating_add(1);
        let (report, progress, again) = match answers {
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
        if matches!(report.ending, Ending::Settled) && progress.confirmed.is_none() {
            return;
        }
        self.memory.learn(&report, &progress);
        if report.ending.outcome().is_some() {
            self.enter(Phase::Blocked);
        }
        let careful = self.careful_at_last;
        self.arrived.push_back(Arrived {
            report,
            progress,
            again,
            memory: self.memory,
            attempt,
            in_order: true,
            careful,
        });
    }
}
