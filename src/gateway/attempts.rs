//! The attempts to get an answer: one candidate after the other, each once or twice (spec 8.5). The next one is asked only while
//! the caller has got nothing.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout_at};

use super::failure::Failure;
use super::upstream::{Question, SILENCE_TIMEOUT, Upstream, UpstreamAnswer};
use super::upstreams::Candidate;
use super::{unknown_path, upstream_body};
use crate::clock::{Clock, UnixNanos};
use crate::completed_request::FailedAttempt;
use crate::json::{Members, Text};
use crate::state::bodies::Room;
use crate::state::stream_options::StreamOptions;

/// How long a caller waits for the first byte of an answer: what the official OpenAI clients wait by themselves. Where further
/// models can be asked, each gets an even share of what is left.
pub(super) const PATIENCE: Duration = SILENCE_TIMEOUT;
/// Attempts at one model.
const ATTEMPTS: usize = 2;
/// Pause before the second attempt.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// Statuses of a server that is briefly away: it is asked a second time.
const RETRIED: [u16; 3] = [502, 503, 504];

/// The attempts to get an answer.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// When the last one began.
    pub(super) begun: Option<UnixNanos>,
    pub(super) asked: Asked,
    /// Those that failed before.
    pub(super) failed: Vec<FailedAttempt<'static>>,
}

/// Who is asked, since the last attempt began.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// The provider; empty until one is asked.
    pub(super) provider: String,
    /// The model by the name that caller or operator gave it.
    pub(super) model: String,
    /// The model by the name that the server got.
    pub(super) own_name: String,
    /// The host that is asked.
    pub(super) server: String,
}

impl Asked {
    /// A model by its caller's name, at the server that answers for it.
    pub(super) fn new(upstream: &Upstream, model: &str) -> Self {
        let settings = upstream.settings();
        Self {
            provider: upstream.name().to_owned(),
            model: model.to_owned(),
            own_name: settings.own_name(model).to_owned(),
            server: upstream.host().to_owned(),
        }
    }
}

/// A question on its way to whoever answers it.
pub(super) struct Asking<'a> {
    pub(super) question: &'a Question,
    /// The caller's body, from which each candidate's is written when it is asked.
    pub(super) members: &'a Members<'a>,
    /// The model that the caller named; empty where none was.
    pub(super) named: &'a str,
    /// Whether the gateway wants the usage of the stream, and the caller did not ask for it.
    pub(super) usage_is_ours: bool,
    pub(super) stream_options: &'a StreamOptions,
    /// The memory of the body that is sent.
    pub(super) room: Room,
    pub(super) clock: Clock,
    pub(super) attempts: &'a mut Attempts,
}

impl Asking<'_> {
    /// Asks the candidates one after the other until one answers, for as long as a caller waits.
    pub(super) async fn ask(
        &mut self,
        candidates: &[Candidate<'_>],
        patience: Duration,
    ) -> Result<UpstreamAnswer, Failure> {
        let Some((last, before)) = candidates.split_last() else { return Err(Failure::no_such_model("")) };
        let deadline = Instant::now() + patience;
        for (index, candidate) in before.iter().enumerate() {
            let begun = Instant::now();
            let waiting = u32::try_from(candidates.len() - index).unwrap_or(1);
            let until = begun + deadline.saturating_duration_since(begun) / waiting;
            match self.ask_candidate(candidate, Some(until)).await {
                Err(failed) if failed.leads_elsewhere() => self.note(failed),
                settled => return settled.map_err(|failed| failed.failure),
            }
        }
        let until = (!before.is_empty()).then_some(deadline);
        self.ask_candidate(last, until).await.map_err(|failed| failed.failure)
    }

    /// Asks a candidate, and once more without the `stream_options` that were added where it may have refused them: the caller did
    /// not ask for them, so its request must not fail because of them.
    async fn ask_candidate(&mut self, to: &Candidate<'_>, until: Option<Instant>) -> Result<UpstreamAnswer, Failed> {
        self.attempts.asked = Asked::new(to.upstream, &to.model);
        let (server, model) = (to.upstream.name(), to.own_name());
        let known = self.stream_options.are_taken(server, model, self.clock.unix_nanos());
        let adds_options = self.usage_is_ours && known != Some(false);
        let settled = self.send(to, adds_options, until).await;
        match settled {
            Err(failed) if adds_options && failed.may_refuse_stream_options(known) => self.note(failed),
            settled => {
                if settled.is_ok() && adds_options {
                    self.stream_options.remember(server, model, true, self.clock.unix_nanos());
                }
                return settled;
            }
        }
        let settled = self.send(to, false, until).await;
        if settled.is_ok() {
            self.stream_options.remember(server, model, false, self.clock.unix_nanos());
        }
        settled
    }

    /// Sends the body to a candidate, and a second time where its server is briefly away.
    async fn send(
        &mut self,
        to: &Candidate<'_>,
        asks_usage: bool,
        until: Option<Instant>,
    ) -> Result<UpstreamAnswer, Failed> {
        let body = self.body(to, asks_usage).map_err(|failure| Failed { status: None, failure })?;
        for _ in 1..ATTEMPTS {
            match self.attempt(to, body.clone(), until).await {
                Err(failed) if failed.may_pass() => self.note(failed),
                settled => return settled,
            }
            sleep(RETRY_PAUSE).await;
        }
        self.attempt(to, body, until).await
    }

    async fn attempt(
        &mut self,
        to: &Candidate<'_>,
        body: Bytes,
        until: Option<Instant>,
    ) -> Result<UpstreamAnswer, Failed> {
        self.attempts.begun = Some(self.clock.unix_nanos());
        let attempt = to.upstream.attempt(self.question, body);
        let answered = match until {
            Some(until) => timeout_at(until, attempt).await.unwrap_or_else(|_| Err(Failure::timeout())),
            None => attempt.await,
        };
        let answer = answered.map_err(|failure| Failed { status: None, failure })?;
        match answer.status {
            200..300 => Ok(answer),
            status => {
                let path = self.question.protocol.path();
                let failure = unknown_path::explained(status, answer.into_failure().await, path);
                Err(Failed { status: Some(status), failure })
            }
        }
    }

    fn body(&mut self, to: &Candidate<'_>, asks_usage: bool) -> Result<Bytes, Failure> {
        self.room.resize(upstream_body::bytes(self.members)).map_err(Failure::no_room)?;
        let model = Some(to.own_name()).filter(|own_name| *own_name != self.named);
        let ours = self.question.protocol.own_members();
        Ok(Bytes::from(upstream_body::write(self.members, ours, asks_usage, model)))
    }

    fn note(&mut self, failed: Failed) {
        self.attempts.note(failed, self.clock.unix_nanos());
    }
}

/// An attempt without an answer.
struct Failed {
    /// The server's, if it answered.
    status: Option<u16>,
    failure: Failure,
}

impl Failed {
    /// Whether the same server may answer a moment later.
    fn may_pass(&self) -> bool {
        match self.status {
            Some(status) => RETRIED.contains(&status),
            None => self.failure.kind == "connection_error",
        }
    }

    /// Whether the `stream_options` that were added may be the reason. `known`: whether the model is known to take them.
    fn may_refuse_stream_options(&self, known: Option<bool>) -> bool {
        let words = format!("{} {:?}", self.failure.message, self.failure.metadata);
        let names_them = words.contains("stream_options") || words.contains("include_usage");
        match self.status {
            Some(400 | 422) => names_them || known.is_none(),
            Some(400..500) => names_them,
            _ => false,
        }
    }

    /// Whether another model may answer what this one did not. What a server refuses for the request's sake is its answer.
    fn leads_elsewhere(&self) -> bool {
        match self.status {
            Some(status) => matches!(status, 408 | 429 | 500..),
            None => matches!(&*self.failure.kind, "connection_error" | "timeout"),
        }
    }
}

impl Attempts {
    /// The last attempt failed.
    fn note(&mut self, Failed { status, failure }: Failed, ended: UnixNanos) {
        let known = |text: &str| Some(Text::from(text.to_owned())).filter(|text| !text.is_empty());
        self.failed.push(FailedAttempt {
            begun: self.begun.unwrap_or(ended),
            ended,
            provider: known(&self.asked.provider),
            server: known(&self.asked.server),
            model: known(&self.asked.own_name),
            status,
            kind: Text(failure.kind),
            message: Text(failure.summary),
        });
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::super::chat_completions::ChatCompletions;
    use super::super::upstreams::Upstreams;
    use super::*;
    use crate::id::{AccountId, ApiKeyId};
    use crate::state::bodies::Bodies;
    use crate::{config, egress};

    /// The test's runtime ends the servers.
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    async fn serve(answer: Option<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                if let Some(answer) = answer {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                open.push(stream);
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_server_that_stays_silent_for_its_share_of_the_patience_gives_way_to_the_next() {
        let (silent, well) = (serve(None).await, serve(Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).await);
        let table = format!(
            r#"{{"upstreams":[{{"name":"a","base_url":"{silent}","models":["a/*"],"strip":"a/"}},
                {{"name":"b","base_url":"{well}","models":["b/*"]}}]}}"#
        );
        let settings = config::upstreams::read(&table, |_| None).unwrap();
        let upstreams = Upstreams::new(&settings, &egress::client_config(&[]).unwrap()).unwrap();
        let members = Members::of(r#"{"models":["b/1"]}"#).unwrap();
        let candidates = upstreams.candidates(&ChatCompletions, "a/1", &members).unwrap();
        let question =
            Question { protocol: &ChatCompletions, query: None, headers: HeaderMap::new(), streaming: false };
        let mut attempts = Attempts::default();
        let mut asking = Asking {
            question: &question,
            members: &members,
            named: "a/1",
            usage_is_ours: false,
            stream_options: &StreamOptions::default(),
            room: Bodies::new(64 << 20).room(AccountId(Uuid::nil()), ApiKeyId(Uuid::nil())),
            clock: Clock::System,
            attempts: &mut attempts,
        };
        let answer = asking.ask(&candidates, Duration::from_secs(2)).await.unwrap();
        assert_eq!((answer.status, attempts.asked.provider.as_str()), (200, "b"));
        let failed = &attempts.failed[0];
        assert_eq!(
            (failed.provider.as_deref(), failed.model.as_deref(), failed.server.as_deref(), &*failed.kind),
            (Some("a"), Some("1"), Some("127.0.0.1"), "timeout")
        );
        assert_eq!(attempts.failed.len(), 1);
    }
}
