//! The gateway: passes a question to the operator's model server (or to the built-in `demo/echo`), watches the
//! answer on its way back, and hands on what is to be recorded.
//!
//! It knows nothing of the web server: [`Gateway::receive`] gives an [`Exchange`], [`Gateway::answer`] turns a body into
//! an [`Answer`] or a [`Failure`]. Recording happens when the exchange is dropped, so a caller that goes away is
//! recorded too; or just before the end of the answer leaves, where the operator wants the commit to come first.

mod answer;
mod attempts;
mod base;
mod before_answer;
mod body_kind;
mod broken;
mod catalogue;
mod chat_completions;
mod completions;
mod echo;
mod embeddings;
mod examples;
mod exchange;
mod failure;
mod held_finish;
mod inflate;
mod messages;
mod passing;
mod prices;
mod protocol;
mod responses;
mod rewrite;
pub mod sse;
mod token_price;
mod unknown_path;
mod upstream;
mod upstream_body;
mod upstream_headers;
mod upstreams;
mod whole;

use std::sync::Arc;
use std::time::Duration;

pub use self::answer::Answer;
use self::attempts::Asked;
pub use self::base::Base;
use self::before_answer::BeforeAnswer;
use self::catalogue::Catalogue;
pub use self::catalogue::{Listed, Model};
pub use self::chat_completions::ChatCompletions;
pub use self::completions::Completions;
use self::echo::Asking;
pub use self::embeddings::Embeddings;
use self::exchange::Recording;
pub use self::exchange::{Caller, Exchange};
pub use self::failure::Failure;
pub use self::messages::{CountTokens, Messages};
use self::prices::Prices;
pub use self::protocol::Protocol;
use self::protocol::Request;
pub use self::responses::Responses;
pub use self::token_price::TokenPrice;
pub use self::upstream::UpstreamError;
use self::upstream::{Question, Upstream, UpstreamAnswer};
pub use self::upstream_headers::PassedHeaders;
use self::upstreams::Upstreams;
use crate::completed_request::content::Content;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::config::{Config, PassHeaders, Recorded};
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
    upstreams: Upstreams,
    models: Catalogue,
    pass_headers: PassHeaders,
    /// Whether upstreams are told the trace.
    traceparent: bool,
    echo_pause: Duration,
}

impl Gateway {
    /// A gateway with its own connections to the operator's model servers. `record` takes each request when it is over. It must not
    /// wait; it sends the receipt, if there is one, when the request is committed. `tls` says which authorities are trusted. It is
    /// made once, because reading them takes time.
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
        let upstreams = Upstreams::new(&config.upstreams, tls)?;
        let prices = Arc::new(Prices::new(config));
        let before_answer = (config.recorded == Recorded::BeforeAnswer).then(Arc::<BeforeAnswer>::default);
        Ok(Self {
            recording: Recording { clock: state.clock, prices, record: Arc::new(record), before_answer },
            random: state.random,
            bodies: state.bodies.clone(),
            stream_options: state.stream_options.clone(),
            models: Catalogue::new(upstreams.iter().len()),
            upstreams,
            pass_headers: config.pass_headers.clone(),
            traceparent: config.upstream_traceparent,
            echo_pause: config.echo_delay,
        })
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
        let Recording { prices, clock, .. } = &self.recording;
        self.models.list(self.upstreams.iter().as_slice(), prices, clock.unix_nanos()).await
    }

    /// The names of the model servers.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        let built_in = self.upstreams.is_empty().then_some(echo::PROVIDER);
        built_in.into_iter().chain(self.upstreams.iter().map(Upstream::name))
    }

    /// Those of a caller's headers that the model server gets. Names are in lower case.
    pub fn passed<'h>(&self, headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> PassedHeaders {
        PassedHeaders::to_upstream(headers, &self.pass_headers)
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
        exchange.read = Some(exchange.now());
        let answer = match self.ask(&mut exchange, body).await {
            Ok(answer) => answer,
            Err(failure) => return Err(exchange.refuse(failure).await),
        };
        answer::begin(exchange, answer).await
    }

    async fn ask(&self, exchange: &mut Exchange, body: Vec<u8>) -> Result<UpstreamAnswer, Failure> {
        if self.upstreams.is_empty() {
            return self.ask_echo(exchange, body);
        }
        take_in(exchange, body)?;
        let question = self.question(exchange);
        let answer = {
            let Exchange { caller, text, facts, attempts, usage_is_ours, answer_room, .. } = exchange;
            let members = Members::of(text).unwrap_or_default();
            let candidates = self.upstreams.candidates(caller.protocol, &facts.model, &members)?;
            let named = std::mem::take(&mut facts.model);
            facts.model = candidates.first().map_or_else(String::new, |first| first.model.clone());
            let mut asking = attempts::Asking {
                question: &question,
                members: &members,
                named: &named,
                usage_is_ours: *usage_is_ours,
                stream_options: &self.stream_options,
                room: answer_room.another(),
                clock: self.recording.clock,
                attempts,
            };
            asking.ask(&candidates, attempts::PATIENCE).await
        };
        if answer.is_err() {
            exchange.upstream_has_ended();
        }
        answer
    }

    fn question(&self, exchange: &mut Exchange) -> Question {
        let mut headers = std::mem::take(&mut exchange.caller.passed).into_map();
        if self.traceparent {
            headers.insert("traceparent", exchange.traceparent());
        }
        let query = exchange.caller.query.take();
        Question { protocol: exchange.caller.protocol, query, headers, streaming: exchange.streaming }
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
        exchange.attempts.asked = Asked { provider: echo::PROVIDER.to_owned(), ..Asked::default() };
        echo::sent(answer, self.echo_pause)
    }
}

/// Asks each model server once for its models: by name, why it gave no answer. A server that keeps no list has answered.
///
/// # Errors
/// When the settings of one cannot be used.
pub async fn examine(
    config: &Config,
    tls: &rustls::ClientConfig,
) -> Result<Vec<(String, Option<Failure>)>, UpstreamError> {
    let mut found = Vec::new();
    for upstream in Upstreams::new(&config.upstreams, tls)?.iter() {
        let failure = upstream.list_models().await.err().filter(|failure| *failure != Failure::lists_no_models());
        found.push((upstream.name().to_owned(), failure));
    }
    Ok(found)
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
