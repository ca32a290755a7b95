//! The gateway: passes a chat completion to the operator's model server (or to the built-in `demo/echo`), watches the
//! answer on its way back, and hands on what is to be recorded.
//!
//! It knows nothing of the web server: [`Gateway::receive`] gives an [`Exchange`], [`Gateway::answer`] turns a body into
//! an [`Answer`] or a [`Failure`]. Recording happens when the exchange is dropped, so a caller that goes away is
//! recorded too.

mod answer;
mod completion;
mod context;
mod echo;
mod exchange;
mod failure;
mod finish_reason;
mod json;
mod members;
mod provider;
mod request;
mod rewrite;
mod sse;
mod upstream;
mod usage;
mod whole_number;

use std::sync::Arc;
use std::time::Duration;

pub use self::answer::Answer;
use self::echo::Question;
use self::exchange::Recording;
pub use self::exchange::{Caller, Exchange};
pub use self::failure::Failure;
pub use self::request::CallerHeaders;
use self::request::ChatRequest;
pub use self::upstream::UpstreamError;
use self::upstream::{Upstream, UpstreamAnswer};
use crate::completed_request::content::Content;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::id::AccountId;
use crate::random::{Random, Unavailable};
use crate::state::State;

/// Passes requests on. One for each worker thread of the web server.
#[derive(Debug, Clone)]
pub struct Gateway {
    recording: Recording,
    random: Random,
    /// None: `demo/echo` answers.
    upstream: Option<Upstream>,
    echo_pause: Duration,
}

impl Gateway {
    /// A gateway with its own connections to the operator's model server. `record` takes each request when it is over;
    /// it must not wait. `tls` says which authorities are trusted; reading them takes time, so it is made once.
    ///
    /// # Errors
    /// When the upstream's key cannot be used. The application makes one gateway before it starts to listen, so that the
    /// operator reads this at once.
    pub fn new(
        state: &State,
        tls: &rustls::ClientConfig,
        record: impl Fn(AccountId, &CompletedRequest<'_>, &Content) + Send + Sync + 'static,
    ) -> Result<Self, UpstreamError> {
        let config = &state.config;
        let upstream = config.upstream.as_ref().map(|upstream| Upstream::new(upstream, tls)).transpose()?;
        let prices = Arc::new(config.prices.clone());
        let recording = Recording { clock: state.clock, prices, record: Arc::new(record) };
        Ok(Self { recording, random: state.random, upstream, echo_pause: config.echo_delay })
    }

    /// A request has arrived, with a key that may ask models.
    ///
    /// # Errors
    /// When there is no randomness for its name.
    pub fn receive(&self, caller: Caller) -> Result<Exchange, Unavailable> {
        let received = self.recording.clock.unix_nanos();
        let id = GenerationId::new(received, self.random)?;
        Ok(Exchange::new(self.recording.clone(), caller, id, received))
    }

    /// Checks the body, passes it on, and gives the answer as it begins.
    ///
    /// # Errors
    /// When the body is refused, or the upstream gives no answer.
    pub async fn answer(&self, mut exchange: Exchange, body: &[u8]) -> Result<Answer, Failure> {
        let answer = match self.ask(&mut exchange, body).await {
            Ok(answer) => answer,
            Err(failure) => return Err(exchange.refuse(failure)),
        };
        if answer.is_event_stream() {
            return Ok(answer::event_stream(exchange, answer));
        }
        let (status, content_type) = (answer.status, answer.content_type.clone());
        let whole = answer.whole().await;
        exchange.upstream_has_ended();
        match whole {
            Ok(body) => Ok(answer::whole(exchange, status, content_type, body)),
            Err(failure) => Err(exchange.refuse(failure)),
        }
    }

    async fn ask(&self, exchange: &mut Exchange, body: &[u8]) -> Result<UpstreamAnswer, Failure> {
        let refused = |_: &Failure| request::facts_of_refused(body, &exchange.caller.headers);
        let text = request::text(body).inspect_err(|failure| exchange.facts = refused(failure))?;
        exchange.text = text;
        let request = ChatRequest::parse(&exchange.text, &exchange.caller.headers).inspect_err(|failure| {
            exchange.facts = refused(failure);
        })?;
        exchange.facts = request.facts.clone();
        exchange.streaming = request.facts.streaming;
        let Some(upstream) = &self.upstream else {
            let begun = exchange.now();
            exchange.attempts.begun = Some(begun);
            echo::PROVIDER.clone_into(&mut exchange.provider);
            return Ok(echo::answer(&Question {
                text: request.last_user_text(),
                bytes: exchange.text.len(),
                streaming: exchange.streaming,
                asked: begun,
                pause: self.echo_pause,
            }));
        };
        exchange.provider.clone_from(&upstream.provider);
        let (body, clock) = (request.upstream_body(), self.recording.clock);
        let answer = upstream.ask(body, exchange.streaming, clock, &mut exchange.attempts).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let failure = answer.into_failure().await;
        exchange.upstream_has_ended();
        Err(failure)
    }
}
