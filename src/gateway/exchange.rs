//! One request on its way through the gateway. It is recorded once, whatever its end: when it is dropped at the latest.

use std::sync::Arc;

use metrics::histogram;
use reqwest::header::HeaderValue;
use tokio::sync::oneshot;

use super::attempts::Attempts;
use super::base::Base;
use super::before_answer::BeforeAnswer;
use super::failure::Failure;
use super::prices::{Answered, Prices};
use super::protocol::{Additions, FailedStream, Protocol};
use super::upstream_headers::{self, PassedHeaders};
use crate::clock::{Clock, UnixNanos};
use crate::completed_request::content::Content;
use crate::completed_request::{CompletedRequest, Cost, CostSource, Ending, GenerationId, ResponseFacts, Times};
use crate::completion::Completion;
use crate::id::{AccountId, ApiKeyId, UserId};
use crate::json::Text;
use crate::openai::{CallerHeaders, RequestFacts};
use crate::recorder::Receipt;
use crate::state::bodies::Room;

/// Status recorded for a caller that went away before it got any (nginx's "client closed request").
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Who asks, by which key, where and how.
#[derive(Debug, Clone)]
pub struct Caller {
    pub account: AccountId,
    pub api_key: ApiKeyId,
    /// What its people call the key.
    pub api_key_name: Arc<str>,
    /// The member who made the key, where a member did.
    pub api_key_member: Option<UserId>,
    pub base: Base,
    pub protocol: &'static dyn Protocol,
    /// The query string, which the model server gets.
    pub query: Option<String>,
    /// What the headers say of the request.
    pub headers: CallerHeaders,
    /// Headers that the model server gets.
    pub passed: PassedHeaders,
}

/// Takes what is to be recorded. Called once for each request, on the thread that served it: it must not wait.
pub(super) type Record = Arc<dyn Fn(AccountId, &CompletedRequest<'_>, &Content, Option<Receipt>) + Send + Sync>;

/// What an exchange needs of the gateway.
#[derive(Clone)]
pub(super) struct Recording {
    pub(super) clock: Clock,
    pub(super) prices: Arc<Prices>,
    pub(super) record: Record,
    /// None: no answer waits for the commit of its request.
    pub(super) before_answer: Option<Arc<BeforeAnswer>>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

/// A request from its arrival to its end.
///
/// Dropping it records it, unless it is recorded already. An exchange that is dropped before it was settled was cancelled: the web
/// server drops the handler or the body when the caller goes away.
#[derive(Debug)]
pub struct Exchange {
    recording: Recording,
    pub(super) caller: Caller,
    pub(super) id: GenerationId,
    received: UnixNanos,
    /// When the body had come.
    pub(super) read: Option<UnixNanos>,
    /// The body as text, once it passed the checks.
    pub(super) text: String,
    /// The memory that the body holds.
    room: Room,
    /// The memory of the answer, as far as it has arrived.
    pub(super) answer_room: Room,
    pub(super) facts: RequestFacts,
    pub(super) attempts: Attempts,
    pub(super) first_chunk: Option<UnixNanos>,
    upstream_ended: Option<UnixNanos>,
    pub(super) completion: Completion,
    pub(super) streaming: bool,
    /// Whether the gateway wants the usage of the stream, and the caller did not ask for it.
    pub(super) usage_is_ours: bool,
    /// The HTTP status that the caller got, if any.
    pub(super) status: Option<u16>,
    ending: Option<Ending<'static>>,
    /// The recorder has it, or it is none that is recorded.
    is_handed_over: bool,
    /// As in [`CompletedRequest`].
    refused: Option<u64>,
}

impl Exchange {
    pub(super) fn new(recording: Recording, caller: Caller, id: GenerationId, received: UnixNanos, room: Room) -> Self {
        Self {
            is_handed_over: !caller.protocol.is_recorded(),
            recording,
            caller,
            id,
            received,
            read: None,
            text: String::new(),
            answer_room: room.another(),
            room,
            facts: RequestFacts::default(),
            attempts: Attempts::default(),
            first_chunk: None,
            upstream_ended: None,
            completion: Completion::default(),
            streaming: false,
            usage_is_ours: false,
            status: None,
            ending: None,
            refused: None,
        }
    }

    /// The name of the request, also in the header `X-Generation-Id`.
    pub fn id(&self) -> &GenerationId {
        &self.id
    }

    /// The memory that the body holds, while it comes in and as long as the exchange lasts.
    pub fn room(&mut self) -> &mut Room {
        &mut self.room
    }

    /// Ends the request with a failure that was found outside: a body that is too large, too slow or no JSON.
    pub async fn refuse(mut self, failure: Failure) -> Failure {
        self.fail(&failure);
        self.hold_end().await;
        failure
    }

    /// Ends a request that was not let in, and of which only the caller's words are known. It stands for `count` such requests.
    pub async fn turn_away(mut self, body: &[u8], failure: Failure, count: u64) -> Failure {
        self.facts = self.caller.protocol.read_refused(body, &self.caller.headers);
        self.streaming = self.facts.streaming;
        self.refused = Some(count);
        self.refuse(failure).await
    }

    /// The name of the provider; empty until one is asked.
    pub(super) fn provider(&self) -> &str {
        &self.attempts.asked.provider
    }

    /// The header that names the trace to the upstream.
    pub(super) fn traceparent(&self) -> HeaderValue {
        upstream_headers::traceparent(&self.id, self.facts.context.trace_id.as_deref())
    }

    pub(super) fn now(&self) -> UnixNanos {
        self.recording.clock.unix_nanos()
    }

    /// The answer has been passed on to its end.
    pub(super) fn settle(&mut self) {
        let ending = match &self.completion.error {
            Some(error) => Failure::in_stream(error).ending(),
            None if self.completion.has_failed() => Failure::interrupted().ending(),
            None => Ending::Completed,
        };
        self.ending.get_or_insert(ending);
    }

    /// Whether the request's end is known.
    pub(super) fn is_settled(&self) -> bool {
        self.ending.is_some()
    }

    /// The request got no answer, or one that broke off.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.status.get_or_insert(failure.status);
        self.ending.get_or_insert_with(|| failure.ending());
    }

    /// The upstream's last byte has come.
    pub(super) fn upstream_has_ended(&mut self) {
        let now = self.now();
        self.upstream_ended.get_or_insert(now);
    }

    /// The cost that the upstream reports, else by our prices.
    pub(super) fn cost(&self) -> Cost {
        if let Some(total) = self.completion.cost.filter(|cost| cost.is_finite() && *cost >= 0.0) {
            return Cost { total: Some(total), source: Some(CostSource::Upstream), ..Cost::default() };
        }
        let Completion { model, service_tier, .. } = &self.completion;
        let answered = Answered { model: model.as_deref(), service_tier: service_tier.as_deref() };
        self.recording.prices.cost(&self.attempts.asked, answered, &self.completion.usage(), self.now())
    }

    /// What is written into an answer or an event, whose JSON is `text`. The cost is reckoned only where usage stands in it: a
    /// stream may have thousands of events.
    pub(super) fn additions(&self, text: &str) -> Additions<'_> {
        let expects_provider = self.caller.base == Base::OpenRouter && !self.provider().is_empty();
        Additions {
            id: &self.id,
            cost: text.contains(r#""usage""#).then(|| self.cost().total).flatten(),
            provider: expects_provider.then(|| self.provider()),
            hides_null_usage: self.usage_is_ours,
        }
    }

    /// The last event of a stream that failed.
    pub(super) fn error_event(&self, failure: &Failure) -> String {
        let model = self.completion.model.as_deref().unwrap_or(&self.facts.model);
        let (id, now, provider) = (&self.id, self.now(), self.provider());
        self.caller.protocol.error_event(&FailedStream { id, now, model, provider, failure })
    }

    /// Who answered. Where the answer does not name its model, a fallback's is known all the same.
    fn response(&self) -> ResponseFacts<'static> {
        if self.attempts.begun.is_none() {
            return ResponseFacts::default();
        }
        let mut response = self.completion.facts(self.provider());
        let asked = &self.attempts.asked;
        if response.model.is_none() && asked.model != self.facts.model {
            response.model = Some(Text::from(asked.own_name.clone())).filter(|model| !model.is_empty());
        }
        response
    }

    /// Called before what ends the answer leaves: where the operator wants that, records a settled request and waits for
    /// its commit. A caller that goes away meanwhile changes nothing, because the answer was there to its end.
    pub(super) async fn hold_end(&mut self) {
        let Some(before_answer) = self.recording.before_answer.clone() else { return };
        if !self.is_settled() || self.is_handed_over {
            return;
        }
        let (receipt, committed) = oneshot::channel();
        self.record(Some(receipt));
        before_answer.hold(committed).await;
    }

    /// Counts for `/metrics` the time that passed here before the first model server was asked, and after the last byte of the answer.
    fn count_added(&self, now: UnixNanos) {
        let (Some(read), Some(ended)) = (self.read, self.upstream_ended) else { return };
        let first = self.attempts.failed.first().map(|failed| failed.begun);
        let Some(asked) = first.or(self.attempts.begun) else { return };
        let added = asked.seconds_since(read) + now.seconds_since(ended);
        histogram!("tracecast_gateway_added_seconds").record(added);
    }

    fn record(&mut self, receipt: Option<Receipt>) {
        self.is_handed_over = true;
        let protocol = self.caller.protocol;
        // Some callers hang up at the finish reason instead of at `[DONE]`: they have the whole answer.
        if self.status.is_some() && self.completion.is_finished() {
            self.settle();
        }
        let ending = self.ending.take().unwrap_or(Ending::Cancelled);
        let now = self.now();
        if matches!(ending, Ending::Completed) {
            self.count_added(now);
        }
        // What failed is not charged for, as far as anybody here knows.
        let cost = if matches!(ending, Ending::Failed { .. }) { Cost::default() } else { self.cost() };
        let request = CompletedRequest {
            id: self.id.clone(),
            operation: protocol.operation(),
            route: Text::from(format!("{}{}", self.caller.base.path(), protocol.path())),
            times: Times {
                received: self.received,
                answered: now,
                upstream_begun: self.attempts.begun,
                first_chunk: self.first_chunk,
                upstream_ended: self.upstream_ended,
            },
            status: self.status.unwrap_or(CLIENT_CLOSED_REQUEST),
            ending,
            streaming: self.streaming,
            api_key: Some(self.caller.api_key),
            api_key_name: Some(Text::from(&*self.caller.api_key_name)),
            api_key_member: self.caller.api_key_member,
            context: std::mem::take(&mut self.facts.context),
            request_model: Text::from(self.facts.model.as_str()),
            parameters: std::mem::take(&mut self.facts.parameters),
            response: self.response(),
            usage: self.completion.usage(),
            cost,
            failed_attempts: std::mem::take(&mut self.attempts.failed),
            refused: self.refused,
        };
        let content = protocol.content(&self.text, &self.completion);
        (self.recording.record)(self.caller.account, &request, &content, receipt);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_handed_over {
            self.record(None);
        }
    }
}
