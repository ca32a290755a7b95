//! One request to a leased destination.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::report::Attempt;
use crate::destination::Request;
use crate::egress;
use crate::id::DeliveryId;
use crate::otlp::answer::{Evidence, Response};
use crate::store;
use crate::store::deliveries::Delivery;
use crate::worker::leased::Leased;

/// A connection that breaks sooner was kept, and closed meanwhile, as Relay does after 5 s (spec 2.1, fact 10).
const STALE: Duration = Duration::from_secs(1);

impl Leased {
    /// Sends a body, once its lane has room. None: the program stops, or the lease or the settings are not what they were, and
    /// nothing was sent.
    pub(super) async fn send(&self, body: Bytes) -> store::Result<Option<Attempt>> {
        let wire = self.connection.wire();
        let request = wire.request(body, wire.compression(self.state.config.delivery.compression));
        let Some(on_the_wire) = self.stop.run_until_cancelled(self.permit.request()).await else { return Ok(None) };
        self.permit.hold(on_the_wire, self.attempt(&request)).await
    }

    async fn attempt(&self, request: &Request) -> store::Result<Option<Attempt>> {
        let begun = Instant::now();
        let answer = match self.state.egress.resolve(&request.url).await {
            Err(error) => Some(Err(error)),
            Ok(addresses) => self.hand_over(request, &addresses).await?,
        };
        Ok(answer.map(|answer| self.attempted(answer, begun.elapsed())))
    }

    /// Hands a request over, and once more if a kept connection turns out to be closed. Before each time the settings are checked.
    async fn hand_over(
        &self,
        request: &Request,
        addresses: &[SocketAddr],
    ) -> store::Result<Option<Result<Response, egress::Error>>> {
        let mut answer = None;
        for _ in 0..2 {
            if !self.may_send().await? {
                break;
            }
            let begun = Instant::now();
            let given = answer.insert(self.state.egress.hand_over(request, addresses).await);
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
