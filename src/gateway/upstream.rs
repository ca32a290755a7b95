//! The client of the operator's model server: one for each worker thread of the web server, because a socket belongs to
//! the runtime that opened it. Its address is the operator's own and stands outside the egress policy for destinations.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret as _;
use url::Url;

pub(super) use super::broken::Broken;
use super::failure::Failure;
use super::{inflate, provider};
use crate::clock::{Clock, UnixNanos};
use crate::completed_request::FailedAttempt;
use crate::config::{self, Address};
use crate::json::Text;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence of the upstream: what the official OpenAI clients wait for by themselves. A stream may last longer.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(10);
/// Pause before the second attempt.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// Statuses of a server that is briefly away. Any other status is its answer.
const RETRIED: [u16; 3] = [502, 503, 504];

/// A model server that speaks OpenAI's API.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    client: reqwest::Client,
    base_url: Address,
    authorization: Option<HeaderValue>,
    /// Name of the provider where an answer gives none.
    pub(super) provider: String,
}

/// What the model server is asked.
#[derive(Debug)]
pub(super) struct Question {
    /// Below the base.
    pub(super) path: &'static str,
    /// The caller's query string.
    pub(super) query: Option<String>,
    pub(super) body: Bytes,
    pub(super) streaming: bool,
}

/// An answer that has begun.
pub(super) struct UpstreamAnswer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) retry_after: Option<String>,
    pub(super) body: BoxStream<'static, Result<Bytes, Broken>>,
}

/// The attempts to get an answer: when the last one began, and those that failed before.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub(super) begun: Option<UnixNanos>,
    pub(super) failed: Vec<FailedAttempt<'static>>,
}

impl Attempts {
    /// Notes that the attempt which has begun failed.
    pub(super) fn note_failed(&mut self, ended: UnixNanos, status: Option<u16>, failure: Failure) {
        let (kind, message) = (Text(failure.kind), Text(failure.summary));
        let begun = self.begun.unwrap_or(ended);
        self.failed.push(FailedAttempt { begun, ended, status, kind, message });
    }
}

/// Why the upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("UPSTREAM_API_KEY holds characters that cannot be sent in a header; copy the key again")]
    Key,
    #[error("the client of the model server cannot be built: {0}")]
    Client(#[from] reqwest::Error),
}

impl Upstream {
    /// A client with its own connections.
    #[expect(clippy::disallowed_methods, reason = "the one client beside egress: the operator's own model server")]
    pub(super) fn new(settings: &config::Upstream, tls: &rustls::ClientConfig) -> Result<Self, UpstreamError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .user_agent(concat!("tracecast/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let authorization = settings.api_key.as_ref().map(|key| bearer(key.expose_secret())).transpose()?;
        let base_url = settings.base_url.clone();
        let provider = provider::of_host(base_url.expose().host_str().unwrap_or_default()).to_owned();
        Ok(Self { client, base_url, authorization, provider })
    }

    /// Sends the request, and a second time where the server is briefly away. Nothing has been passed on by then.
    pub(super) async fn ask(
        &self,
        question: &Question,
        clock: Clock,
        attempts: &mut Attempts,
    ) -> Result<UpstreamAnswer, Failure> {
        attempts.begun = Some(clock.unix_nanos());
        let (status, failure) = match self.attempt(question).await {
            Ok(answer) if RETRIED.contains(&answer.status) => (Some(answer.status), answer.into_failure().await),
            Err(failure) if failure.kind == "connection_error" => (None, failure),
            settled => return settled,
        };
        attempts.note_failed(clock.unix_nanos(), status, failure);
        tokio::time::sleep(RETRY_PAUSE).await;
        attempts.begun = Some(clock.unix_nanos());
        self.attempt(question).await
    }

    async fn attempt(&self, question: &Question) -> Result<UpstreamAnswer, Failure> {
        let accept = if question.streaming { "text/event-stream, application/json" } else { "application/json" };
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        // A user and password in the address are sent as basic authorization, unless there is a key.
        let url = self.url(question);
        let sent = self.client.post(url).headers(headers).body(question.body.clone()).send().await;
        Ok(UpstreamAnswer::of(sent.map_err(no_answer)?))
    }

    /// The list of its models, as it came.
    pub(super) async fn list_models(&self) -> Result<Bytes, Failure> {
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let url = self.base_url.join(&["models"]).expose().clone();
        let listed = async {
            let sent = self.client.get(url).headers(headers).send().await;
            let answer = UpstreamAnswer::of(sent.map_err(no_answer)?);
            match answer.status {
                200..300 => answer.short(LIST_BYTES).await,
                // The path itself is unknown: no word about the caller's request.
                404 | 405 => Err(Failure::lists_no_models()),
                _ => Err(answer.into_failure().await),
            }
        };
        tokio::time::timeout(LIST_TIMEOUT, listed).await.unwrap_or_else(|_| Err(Failure::timeout()))
    }

    fn url(&self, question: &Question) -> Url {
        let segments: Vec<&str> = question.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut url = self.base_url.join(&segments).expose().clone();
        url.set_query(question.query.as_deref());
        url
    }
}

/// Nothing came back.
fn no_answer(error: reqwest::Error) -> Failure {
    let failure =
        if error.is_timeout() && !error.is_connect() { Failure::timeout() } else { Failure::connection_error() };
    tracing::warn!(kind = %failure.kind, error = ?error.without_url(), "the model server gave no answer");
    failure
}

/// Most bytes of an error that are read.
const ERROR_BYTES: usize = 64 * 1024;
/// How long the body of an error is read: its status says the most.
const ERROR_TIMEOUT: Duration = Duration::from_secs(5);

/// Most bytes of a list of models: OpenRouter's has half a megabyte.
const LIST_BYTES: usize = 8 * 1024 * 1024;
/// How long a list of models may take: a menu waits for it.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

impl UpstreamAnswer {
    fn of(response: reqwest::Response) -> Self {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            retry_after: header(RETRY_AFTER),
            body: inflate::inflated(
                &header(CONTENT_ENCODING).unwrap_or_default(),
                response.bytes_stream().map(|piece| piece.map_err(|error| Broken::from(&error))).boxed(),
            ),
        }
    }

    /// The whole body of an answer that has `most` bytes at most.
    async fn short(mut self, most: usize) -> Result<Bytes, Failure> {
        let mut whole = Vec::new();
        while let Some(piece) = self.body.next().await {
            whole.extend_from_slice(&piece.map_err(Broken::failure)?);
            if whole.len() > most {
                return Err(Failure::answer_too_large());
            }
        }
        Ok(Bytes::from(whole))
    }

    /// Whether the answer calls itself a stream of events.
    pub(super) fn is_event_stream(&self) -> bool {
        self.content_type.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
    }

    /// An error status with what the body says about it.
    pub(super) async fn into_failure(self) -> Failure {
        let mut body = Vec::new();
        let mut pieces = self.body.take_until(Box::pin(tokio::time::sleep(ERROR_TIMEOUT)));
        while let Some(Ok(piece)) = pieces.next().await {
            body.extend_from_slice(&piece);
            if body.len() > ERROR_BYTES {
                break;
            }
        }
        Failure::answered(self.status, &body, self.retry_after)
    }
}

fn bearer(key: &str) -> Result<HeaderValue, UpstreamError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| UpstreamError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}
