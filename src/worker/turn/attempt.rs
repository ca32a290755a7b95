//! The requests of one batch to a leased destination: one, or several at a time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};

use super::report::Attempt;
use crate::destination::{Occasion, Parcel, Request};
use crate::egress::{self, Egress};
use crate::id::DeliveryId;
use crate::otlp::answer::{Evidence, Response};
use crate::store;
use crate::store::deliveries::Delivery;
use crate::worker::leased::Leased;

/// A connection that breaks sooner was kept, and closed meanwhile, as Relay does after 5 s (spec 2.1, fact 10).
const STALE: Duration = Duration::from_secs(1);

/// Requests of one batch on the wire at the same time, where it needs several (spec 7.8).
const AT_A_TIME: usize = 8;

impl Leased {
    /// Batches on the wire at the same time: one, where a batch is as many requests as a destination takes at once, and in a replay,
    /// which leaves room to what is new.
    pub(super) fn batches_at_a_time(&self) -> usize {
        let most = self.state.config.delivery.max_in_flight_per_destination;
        if self.connection.wire().encoding().is_split() || !self.lease.is_live { 1 } else { most }
    }

    /// Sends the requests of a batch, once its lane has room. None: the program stops, or the lease or the settings are not what
    /// they were, and not all were sent.
    ///
    /// The batch is delivered once all of them are. The first that is not accepted decides what becomes of it; those behind are
    /// given up, because all of them are sent again.
    pub(super) async fn send(&self, parcels: &[Parcel]) -> store::Result<Option<Attempt>> {
        let Some(on_the_wire) = self.stop.run_until_cancelled(self.permit.request()).await else { return Ok(None) };
        self.permit.hold(on_the_wire, self.attempts(parcels)).await
    }

    async fn attempts(&self, parcels: &[Parcel]) -> store::Result<Option<Attempt>> {
        let begun = Instant::now();
        let attempts: Vec<_> = parcels.iter().map(|parcel| self.attempt(parcel)).collect();
        let mut attempts = stream::iter(attempts).buffered(AT_A_TIME);
        let mut last = None;
        while let Some(attempt) = attempts.next().await {
            let Some(attempt) = attempt? else { return Ok(None) };
            let is_accepted = attempt.outcome.is_accepted();
            last = Some(attempt);
            if !is_accepted {
                break;
            }
        }
        Ok(last.map(|Attempt { outcome, delivery }| Attempt {
            outcome,
            delivery: Delivery { duration: begun.elapsed(), ..delivery },
        }))
    }

    async fn attempt(&self, parcel: &Parcel) -> store::Result<Option<Attempt>> {
        let begun = Instant::now();
        let wire = self.connection.wire();
        let at = self.state.clock.unix_nanos();
        let occasion = Occasion { destination: self.lease.destination, at, is_test: false };
        let request = wire.request(parcel, wire.compression(self.state.config.delivery.compression), occasion);
        let egress = self.state.egress.opening(wire.port());
        let answer = match egress.resolve(&request.url).await {
            Err(error) => Some(Err(error)),
            Ok(addresses) => self.hand_over(&egress, &request, &addresses).await?,
        };
        Ok(answer.map(|answer| self.attempted(answer, begun.elapsed())))
    }

    /// Hands a request over, and once more if a kept connection turns out to be closed. Before each time the settings are checked.
    async fn hand_over(
        &self,
        egress: &Egress,
        request: &Request,
        addresses: &[SocketAddr],
    ) -> store::Result<Option<Result<Response, egress::Error>>> {
        let mut answer = None;
        for _ in 0..2 {
            if !self.may_send().await? {
                break;
            }
            let begun = Instant::now();
            let given = answer.insert(egress.hand_over(request, addresses).await);
            if !matches!(given, Err(egress::Error::Interrupted)) || begun.elapsed() >= STALE {
                break;
            }
        }
        Ok(answer)
    }

    /// What an answer, or the lack of one, means.
    fn attempted(&self, answer: Result<Response, egress::Error>, duration: Duration) -> Attempt {
        let (outcome, status, evidence) = match answer {
            Ok(answer) => (self.connection.outcome(&answer), Some(answer.status), self.connection.evidence(&answer)),
            Err(error) => (error.outcome(), None, Evidence::default()),
        };
        let delivery = Delivery {
            id: DeliveryId(self.state.random.uuid()),
            duration,
            requests: 0,
            bytes: 0,
            outcome: outcome.name(),
            status,
            answer: outcome.sentence().filter(|sentence| !sentence.is_empty()).map(str::to_owned),
            covered: None,
            evidence,
        };
        Attempt { outcome, delivery }
    }
}
