//! The gateway: passes a chat completion to the operator's model server (or to the built-in `demo/echo`), watches the
//! answer on its way back, and hands on what is to be recorded.
//!
//! It knows nothing of the web server: [`Gateway::receive`] gives an [`Exchange`], [`Gateway::answer`] turns a body into
//! an [`Answer`] or a [`Failure`]. Recording happens when the exchange is dropped, so a caller that goes away is
//! recorded too; or just before the end of the answer leaves, where the operator wants the commit to come first.

mod answer;
mod before_answer;
mod echo;
mod exchange;
mod failure;
mod provider;
mod rewrite;
mod sse;
mod upstream;
mod upstream_body;

use std::sync::Arc;
use std::time::Duration;

pub use self::answer::Answer;
use self::before_answer::BeforeAnswer;
use self::echo::Question;
use self::exchange::Recording;
pub use self::exchange::{Caller, Exchange};
pub use self::failure::Failure;
pub use self::upstream::UpstreamError;
use self::upstream::{Upstream, UpstreamAnswer};
use crate::completed_request::content::Content;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::config::Recorded;
use crate::id::AccountId;
use crate::json;
pub use crate::openai::CallerHeaders;
use crate::openai::{ChatRequest, RequestFacts};
use crate::random::{Random, Unavailable};
use crate::recorder::Receipt;
use crate::state::State;
use crate::state::bodies::Bodies;

/// Passes requests on. One for each worker thread of the web server.
#[derive(Debug, Clone)]
pub struct Gateway {
    recording: Recording,
    random: Random,
    bodies: Bodies,
    /// None: `demo/echo` answers.
    upstream: Option<Upstream>,
    echo_pause: Duration,
}

impl Gateway {
    /// A gateway with its own connections to the operator's model server. `record` takes each request when it is over;
    /// it must not wait, and sends the receipt, if there is one, when the request is committed. `tls` says which authorities are trusted; reading them takes time, so it is made once.
    ///
    /// # Errors
    /// When the upstream's key cannot be used. The application makes one gateway before it starts to listen, so that the
    /// operator reads this at once.
    pub fn new(
        state: &State,
        tls: &rustls::ClientConfig,
        record: impl Fn(AccountId, &CompletedRequest<'_>, &Content, Option<Receipt>) + Send + Sync + 'static,
    ) -> Result<Self, UpstreamError> {
        let config = &state.config;
        let upstream = config.upstream.as_ref().map(|upstream| Upstream::new(upstream, tls)).transpose()?;
        let prices = Arc::new(config.prices.clone());
        let before_answer = (config.recorded == Recorded::BeforeAnswer).then(Arc::<BeforeAnswer>::default);
        let recording = Recording { clock: state.clock, prices, record: Arc::new(record), before_answer };
        let (random, bodies) = (state.random, state.bodies.clone());
        Ok(Self { recording, random, bodies, upstream, echo_pause: config.echo_delay })
    }

    /// A request has arrived, with a key that may ask models.
    ///
    /// # Errors
    /// When there is no randomness for its name.
    pub fn receive(&self, caller: Caller) -> Result<Exchange, Unavailable> {
        let received = self.recording.clock.unix_nanos();
        let id = GenerationId::new(received, self.random)?;
        let room = self.bodies.room(caller.account, caller.api_key);
        Ok(Exchange::new(self.recording.clone(), caller, id, received, room))
    }

    /// Checks the body, passes it on, and gives the answer as it begins. The body's memory is the exchange's room.
    ///
    /// # Errors
    /// When the body is refused, or the upstream gives no answer.
    pub async fn answer(&self, mut exchange: Exchange, body: Vec<u8>) -> Result<Answer, Failure> {
        let answer = match self.ask(&mut exchange, body).await {
            Ok(answer) => answer,
            Err(failure) => return Err(exchange.refuse(failure).await),
        };
        if answer.is_event_stream() {
            return Ok(answer::event_stream(exchange, answer));
        }
        let (status, content_type) = (answer.status, answer.content_type.clone());
        let whole = answer.whole(&mut exchange.answer_room).await;
        exchange.upstream_has_ended();
        match whole {
            Ok(body) => Ok(answer::whole(exchange, status, content_type, body)),
            Err(failure) => Err(exchange.refuse(failure).await),
        }
    }

    async fn ask(&self, exchange: &mut Exchange, body: Vec<u8>) -> Result<UpstreamAnswer, Failure> {
        let Some(upstream) = &self.upstream else {
            let request = take_in(exchange, body)?;
            let text = request.last_user_text();
            return Ok(self.echo(exchange, text));
        };
        let mut room = exchange.answer_room.another();
        let body = {
            let request = take_in(exchange, body)?;
            room.resize(upstream_body::bytes(&request)).map_err(Failure::no_room)?;
            upstream_body::write(&request)
        };
        exchange.provider.clone_from(&upstream.provider);
        let clock = self.recording.clock;
        let answer = upstream.ask(body, exchange.streaming, clock, &mut exchange.attempts).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let failure = answer.into_failure().await;
        exchange.upstream_has_ended();
        Err(failure)
    }

    /// The built-in model's answer to a text.
    fn echo(&self, exchange: &mut Exchange, text: String) -> UpstreamAnswer {
        let asked = exchange.now();
        exchange.attempts.begun = Some(asked);
        echo::PROVIDER.clone_into(&mut exchange.provider);
        let (bytes, streaming) = (exchange.text.len(), exchange.streaming);
        echo::answer(&Question { text, bytes, streaming, asked, pause: self.echo_pause })
    }
}

/// Checks a body and notes in the exchange what is known of it; of one that is refused, what can be read.
fn take_in(exchange: &mut Exchange, mut body: Vec<u8>) -> Result<ChatRequest<'_>, Failure> {
    exchange.text = json::text(&mut body).map_err(|error| {
        exchange.facts = RequestFacts::of_refused(&body, &exchange.caller.headers);
        Failure::invalid_request(error.to_string())
    })?;
    let request = ChatRequest::parse(&exchange.text, &exchange.caller.headers).map_err(|invalid| {
        exchange.facts = RequestFacts::of_refused(exchange.text.as_bytes(), &exchange.caller.headers);
        Failure::from(invalid)
    })?;
    exchange.facts = request.facts.clone();
    exchange.streaming = request.facts.streaming;
    Ok(request)
}
