//! One model server and its client: there is one for each worker thread of the web server, because a socket belongs to the
//! runtime that opened it. Its address is the operator's own and stands outside the egress policy for destinations.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret as _;
use url::Url;

pub(super) use super::broken::Broken;
use super::failure::Failure;
use super::inflate;
use super::protocol::Protocol;
use super::upstream_headers::PassedHeaders;
use crate::config::{self, Api};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence of the upstream: what the official OpenAI clients wait for by themselves. A stream may last longer.
pub(super) const SILENCE_TIMEOUT: Duration = Duration::from_mins(10);

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
/// The version that is asked for where the caller names none.
const OLDEST_ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// A model server and how to ask it.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    client: reqwest::Client,
    settings: config::Upstream,
    /// The key as OpenAI's and as Anthropic's API take it.
    bearer: Option<HeaderValue>,
    plain: Option<HeaderValue>,
}

/// What is asked, whichever server and model are.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) protocol: &'static dyn Protocol,
    /// The caller's query string.
    pub(super) query: Option<String>,
    /// The caller's, and `traceparent`.
    pub(super) headers: HeaderMap,
    pub(super) streaming: bool,
}

/// An answer that has begun.
pub(super) struct UpstreamAnswer {
    pub(super) status: u16,
    pub(super) content_type: String,
    /// What the caller gets of its headers.
    pub(super) headers: PassedHeaders,
    pub(super) body: BoxStream<'static, Result<Bytes, Broken>>,
}

/// Why an upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error(
        "the key of the model server `{0}` (UPSTREAM_API_KEY, or the variable that `api_key_env` names) holds characters that \
         cannot be sent in a header; copy the key again"
    )]
    Key(String),
    #[error("the client of the model servers cannot be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client with its own connections, for all model servers.
#[expect(clippy::disallowed_methods, reason = "the one client beside egress: the operator's own model servers")]
pub(super) fn client(tls: &rustls::ClientConfig) -> Result<reqwest::Client, UpstreamError> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT)
        .user_agent(concat!("tracecast/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

impl Upstream {
    pub(super) fn new(client: reqwest::Client, settings: &config::Upstream) -> Result<Self, UpstreamError> {
        let key = settings.api_key.as_ref().map(secrecy::SecretString::expose_secret);
        let header = |text: String| secret(&text).ok_or_else(|| UpstreamError::Key(settings.name.clone()));
        let bearer = key.map(|key| header(format!("Bearer {key}"))).transpose()?;
        let plain = key.map(|key| header(key.to_owned())).transpose()?;
        Ok(Self { client, settings: settings.clone(), bearer, plain })
    }

    /// Where it is, without port.
    pub(super) fn host(&self) -> &str {
        self.settings.base_url.expose().host_str().unwrap_or_default()
    }

    /// The operator's name for it, and the provider in traces.
    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// Which models it answers for, and by which names it knows them.
    pub(super) fn settings(&self) -> &config::Upstream {
        &self.settings
    }

    /// The list of its models, as it came.
    pub(super) async fn list_models(&self) -> Result<Bytes, Failure> {
        let api = if self.settings.speaks(Api::OpenAi) { Api::OpenAi } else { Api::Anthropic };
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.sign(api, &mut headers);
        let listed = async {
            let answer = send(self.client.get(self.url("models")).headers(headers)).await?;
            match answer.status {
                200..300 => answer.short(LIST_BYTES).await,
                // The path itself is unknown: no word about the caller's request.
                404 | 405 => Err(Failure::lists_no_models()),
                _ => Err(answer.into_failure().await),
            }
        };
        tokio::time::timeout(LIST_TIMEOUT, listed).await.unwrap_or_else(|_| Err(Failure::timeout()))
    }

    /// Sends the request once.
    pub(super) async fn attempt(&self, question: &Question, body: Bytes) -> Result<UpstreamAnswer, Failure> {
        let mut url = self.url(question.protocol.path());
        url.set_query(question.query.as_deref());
        // A user and password in the address are sent as basic authorization, unless there is a key.
        send(self.client.post(url).headers(self.headers(question)).body(body)).await
    }

    fn headers(&self, question: &Question) -> HeaderMap {
        let accept = if question.streaming { "text/event-stream, application/json" } else { "application/json" };
        let mut headers = question.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        self.sign(question.protocol.api(), &mut headers);
        headers
    }

    fn sign(&self, api: Api, headers: &mut HeaderMap) {
        let (name, key) = match api {
            Api::OpenAi => (AUTHORIZATION, &self.bearer),
            Api::Anthropic => (API_KEY, &self.plain),
        };
        if let Some(key) = key {
            headers.insert(name, key.clone());
        }
        if api == Api::Anthropic {
            headers.entry(ANTHROPIC_VERSION).or_insert(OLDEST_ANTHROPIC_VERSION);
        }
    }

    fn url(&self, path: &str) -> Url {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.settings.base_url.join(&segments).expose().clone()
    }
}

async fn send(request: RequestBuilder) -> Result<UpstreamAnswer, Failure> {
    let response = request.send().await.map_err(|error| {
        let failure =
            if error.is_timeout() && !error.is_connect() { Failure::timeout() } else { Failure::connection_error() };
        tracing::warn!(kind = %failure.kind, error = ?error.without_url(), "the model server gave no answer");
        failure
    })?;
    let header =
        |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (content_type, encoding) = (header(CONTENT_TYPE), header(CONTENT_ENCODING));
    Ok(UpstreamAnswer {
        status: response.status().as_u16(),
        content_type,
        headers: PassedHeaders::to_caller(response.headers()),
        body: inflate::inflated(
            &encoding,
            response.bytes_stream().map(|piece| piece.map_err(|error| Broken::from(&error))).boxed(),
        ),
    })
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
        Failure::answered(self.status, &body, self.headers)
    }
}

/// A header's value that is never printed; None where a header cannot hold the text.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress;

    fn signed(api: Api, headers: &[(&'static str, &str)]) -> HeaderMap {
        let table = r#"{"upstreams":[{"name":"a","base_url":"http://a/v1","api_key_env":"KEY","models":["*"]}]}"#;
        let settings = config::upstreams::read(table, |_| Some("sk-1".to_owned())).unwrap();
        let client = client(&egress::client_config(&[]).unwrap()).unwrap();
        let upstream = Upstream::new(client, settings.iter().next().unwrap()).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        upstream.sign(api, &mut map);
        map
    }

    #[test]
    fn anthropics_api_takes_its_own_key_header_and_a_version() {
        let headers = signed(Api::Anthropic, &[]);
        assert_eq!(
            (&headers["x-api-key"], &headers["anthropic-version"]),
            (&"sk-1".parse().unwrap(), &"2023-06-01".parse().unwrap())
        );
        assert!(!headers.contains_key("authorization") && !format!("{headers:?}").contains("sk-1"));
        let headers = signed(Api::Anthropic, &[("anthropic-version", "2024-01-01")]);
        assert_eq!(headers["anthropic-version"], "2024-01-01");
    }

    #[test]
    fn openais_api_takes_a_bearer_token() {
        let headers = signed(Api::OpenAi, &[]);
        assert_eq!(headers["authorization"], "Bearer sk-1");
        assert_eq!(headers.len(), 1);
    }
}
