//! One request to a leased destination.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::report::Attempt;
use crate::destination::Request;
use crate::egress;
use crate::otlp::answer::Response;
use crate::store;
use crate::worker::leased::Leased;

/// A connection that breaks sooner was kept, and closed meanwhile, as Relay does after 5 s (spec 2.1, fact 10).
const STALE: Duration = Duration::from_secs(1);

/// What came of handing a request over. None: it may not start any more.
type HandedOver = Option<Result<Response, egress::Error>>;

impl Leased {
    /// Sends a body, once its lane has room. None: the program stops, or the lease or the settings are not what they were, and
    /// nothing was sent.
    pub(super) async fn send(&self, body: Bytes) -> store::Result<Option<Attempt>> {
        let request = self.connection.wire().request(body, self.state.config.delivery.compression);
        let Some(in_flight) = self.stop.run_until_cancelled(self.permit.request()).await else { return Ok(None) };
        in_flight.hold(self.attempt(&request)).await
    }

    /// Sends a request that carries nothing. None as for [`Self::send`].
    pub(super) async fn probe(&self) -> store::Result<Option<Attempt>> {
        self.send(self.empty.clone()).await
    }

    async fn attempt(&self, request: &Request) -> store::Result<Option<Attempt>> {
        let begun = Instant::now();
        let answer = match self.state.egress.resolve(&request.url).await {
            Err(error) => Some(Err(error)),
            Ok(addresses) => self.hand_over(request, &addresses).await?,
        };
        Ok(answer.map(|answer| Attempt::of(&self.connection, answer, begun.elapsed())))
    }

    /// Hands a request over, and once more if a kept connection turns out to be closed. Before each time the settings are checked.
    async fn hand_over(&self, request: &Request, addresses: &[SocketAddr]) -> store::Result<HandedOver> {
        if !self.may_send().await? {
            return Ok(None);
        }
        let begun = Instant::now();
        let first = self.state.egress.hand_over(request, addresses).await;
        let was_closed = matches!(first, Err(egress::Error::Interrupted)) && begun.elapsed() < STALE;
        if was_closed && self.may_send().await? {
            return Ok(Some(self.state.egress.hand_over(request, addresses).await));
        }
        Ok(Some(first))
    }

    async fn may_send(&self) -> store::Result<bool> {
        Ok(!self.stop.is_cancelled() && self.settings.hold(self.store(), &self.lease).await?)
    }
}
