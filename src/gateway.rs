//! The gateway: passes a question to the operator's model server (or to the built-in `demo/echo`), watches the
//! answer on its way back, and hands on what is to be recorded.
//!
//! It knows nothing of the web server: [`Gateway::receive`] gives an [`Exchange`], [`Gateway::answer`] turns a body into
//! an [`Answer`] or a [`Failure`]. Recording happens when the exchange is dropped, so a caller that goes away is
//! recorded too; or just before the end of the answer leaves, where the operator wants the commit to come first.

mod answer;
mod base;
mod before_answer;
mod body_kind;
mod broken;
mod catalogue;
mod chat_completions;
mod completions;
mod echo;
mod embeddings;
mod exchange;
mod failure;
mod held_finish;
mod inflate;
mod messages;
mod passing;
mod protocol;
mod provider;
mod responses;
mod rewrite;
pub mod sse;
mod unknown_path;
mod upstream;
mod upstream_body;
mod whole;

use std::sync::Arc;
use std::time::Duration;

pub use self::answer::Answer;
pub use self::base::Base;
use self::before_answer::BeforeAnswer;
use self::catalogue::Catalogue;
pub use self::catalogue::Model;
pub use self::chat_completions::ChatCompletions;
pub use self::completions::Completions;
use self::echo::Asking;
pub use self::embeddings::Embeddings;
use self::exchange::Recording;
pub use self::exchange::{Caller, Exchange};
pub use self::failure::Failure;
pub use self::messages::{CountTokens, Messages};
pub use self::protocol::Protocol;
use self::protocol::Request;
pub use self::responses::Responses;
pub use self::upstream::UpstreamError;
use self::upstream::{Question, Upstream, UpstreamAnswer};
use crate::completed_request::content::Content;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::config::Recorded;
use crate::id::AccountId;
use crate::json::{self, Members};
pub use crate::openai::CallerHeaders;
use crate::random::{Random, Unavailable};
use crate::recorder::Receipt;
use crate::state::State;
use crate::state::bodies::Bodies;
use crate::state::stream_options::StreamOptions;

/// Passes requests on. One for each worker thread of the web server.
#[derive(Debug, Clone)]
pub struct Gateway {
    recording: Recording,
    random: Random,
    bodies: Bodies,
    stream_options: StreamOptions,
    /// None: `demo/echo` answers.
    upstream: Option<Upstream>,
    models: Catalogue,
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
        let (random, bodies, stream_options) = (state.random, state.bodies.clone(), state.stream_options.clone());
        let models = Catalogue::new(upstream.iter().len());
        Ok(Self { recording, random, bodies, stream_options, upstream, models, echo_pause: config.echo_delay })
    }

    /// The same gateway, which learns what models there are together with another thread's.
    #[must_use]
    pub fn sharing_models_of(self, other: &Self) -> Self {
        Self { models: other.models.clone(), ..self }
    }

    /// The models that can be asked for.
    ///
    /// # Errors
    /// When the model server has not said so for an hour.
    pub async fn models(&self) -> Result<Vec<Model>, Failure> {
        self.models.list(self.upstream.as_slice(), &self.recording.prices).await
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
        answer::begin(exchange, answer).await
    }

    async fn ask(&self, exchange: &mut Exchange, body: Vec<u8>) -> Result<UpstreamAnswer, Failure> {
        let Some(upstream) = &self.upstream else {
            return self.ask_echo(exchange, body);
        };
        let protocol = exchange.caller.protocol;
        let mut room = exchange.answer_room.another();
        let (body, known, adds_options) = {
            let now = exchange.now();
            let request = take_in(exchange, body)?;
            room.resize(upstream_body::bytes(&request.members)).map_err(Failure::no_room)?;
            let known = self.stream_options.are_taken(&upstream.provider, &request.facts.model, now);
            let adds_options = is_usage_ours(protocol, &request) && known != Some(false);
            (upstream_body::write(&request.members, adds_options), known, adds_options)
        };
        exchange.provider.clone_from(&upstream.provider);
        let (path, query) = (protocol.path(), exchange.caller.query.take());
        let mut question = Question { path, query, body: body.into(), streaming: exchange.streaming };
        let answer = upstream.ask(&question, self.recording.clock, &mut exchange.attempts).await?;
        if is_success(answer.status) {
            if adds_options {
                self.stream_options.remember(&upstream.provider, &exchange.facts.model, true, exchange.now());
            }
            return Ok(answer);
        }
        let (status, failure) = (answer.status, answer.into_failure().await);
        if !(adds_options && may_refuse_stream_options(status, &failure, known)) {
            exchange.upstream_has_ended();
            return Err(unknown_path::explained(status, failure, path));
        }
        // The caller did not ask for them, so its request must not fail because of them.
        exchange.attempts.note_failed(exchange.now(), Some(status), failure);
        question.body = upstream_body::write(&Members::of(&exchange.text).unwrap_or_default(), false).into();
        let answer = upstream.ask(&question, self.recording.clock, &mut exchange.attempts).await?;
        if is_success(answer.status) {
            self.stream_options.remember(&upstream.provider, &exchange.facts.model, false, exchange.now());
            return Ok(answer);
        }
        let (status, failure) = (answer.status, answer.into_failure().await);
        exchange.upstream_has_ended();
        Err(unknown_path::explained(status, failure, path))
    }

    fn ask_echo(&self, exchange: &mut Exchange, body: Vec<u8>) -> Result<UpstreamAnswer, Failure> {
        let (protocol, id, asked, bytes) = (exchange.caller.protocol, exchange.id.clone(), exchange.now(), body.len());
        let answer = {
            let request = take_in(exchange, body)?;
            let id = id.as_str().rsplit('-').next().unwrap_or_default();
            let asking = Asking { id, bytes, created: asked.as_seconds(), streaming: request.facts.streaming };
            echo::refusal(&request.members).unwrap_or_else(|| protocol.echo(&request.members, &asking))
        };
        exchange.attempts.begun = Some(asked);
        echo::PROVIDER.clone_into(&mut exchange.provider);
        echo::sent(answer, self.echo_pause)
    }
}

/// Checks a body and notes in the exchange what is known of it; of one that is refused, what can be read.
fn take_in(exchange: &mut Exchange, mut body: Vec<u8>) -> Result<Request<'_>, Failure> {
    let protocol = exchange.caller.protocol;
    exchange.text = json::text(&mut body).map_err(|error| {
        exchange.facts = protocol.read_refused(&body, &exchange.caller.headers);
        Failure::invalid_request(error.to_string())
    })?;
    let request = protocol.read(&exchange.text, &exchange.caller.headers).map_err(|invalid| {
        exchange.facts = protocol.read_refused(exchange.text.as_bytes(), &exchange.caller.headers);
        Failure::from(invalid)
    })?;
    exchange.facts = request.facts.clone();
    exchange.streaming = request.facts.streaming;
    exchange.usage_is_ours = is_usage_ours(protocol, &request);
    Ok(request)
}

/// Whether the gateway wants a stream to report its usage, and the caller does not.
fn is_usage_ours(protocol: &dyn Protocol, request: &Request<'_>) -> bool {
    let asks = |options: Members<'_>| options.read::<bool>("include_usage").unwrap_or_default();
    let streams = request.facts.streaming && protocol.has_stream_options();
    streams && !request.members.read("stream_options").is_some_and(asks)
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Whether the `stream_options` that were added may be the reason for a refusal. `known`: whether the model is known to take
/// them.
fn may_refuse_stream_options(status: u16, failure: &Failure, known: Option<bool>) -> bool {
    let words = format!("{} {:?}", failure.message, failure.metadata);
    let names_them =
        (400..500).contains(&status) && (words.contains("stream_options") || words.contains("include_usage"));
    names_them || (known.is_none() && matches!(status, 400 | 422))
}
