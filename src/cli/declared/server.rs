//! The API of a server, as `export` and `apply` use it.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, IF_MATCH, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::super::failure::Failure;
use super::entry::Identity;
use super::members;
use crate::egress;

/// A connection test takes up to half a minute.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a request is sent that comes too often.
const ATTEMPTS: usize = 4;

/// Destinations that are asked for at once.
const AT_ONCE: usize = 100;

pub(super) struct Server {
    client: Client,
    base: String,
    key: SecretString,
}

/// An account as the server shows it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    /// The members of its workspace.
    pub(super) workspace: Map<String, Value>,
    pub(super) destinations: Vec<Found>,
}

/// A stored destination.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) revision: i64,
    pub(super) identity: Identity,
    /// Secrets are masked.
    pub(super) config: Map<String, Value>,
    pub(super) members: Map<String, Value>,
}

/// Why the server did not do what it was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    sentence: String,
    /// The steps of a connection test that failed.
    steps: Vec<String>,
}

impl Server {
    #[expect(
        clippy::disallowed_methods,
        reason = "a command asks the server that its user names, and nobody else's address"
    )]
    pub(super) fn new(address: &str, key: SecretString) -> Result<Self, Failure> {
        let wrong = |error: &dyn fmt::Display| Failure::Said(format!("the server cannot be asked: {error}"));
        let url = Url::parse(address).map_err(|error| wrong(&format!("`{address}` is no address: {error}")))?;
        let tls = egress::client_config(&[]).map_err(|error| wrong(&error))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(PATIENCE)
            .user_agent(concat!("tracecast/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| wrong(&error))?;
        let base = url.as_str().trim_end_matches('/');
        let base = base.strip_suffix("/api/v1").unwrap_or(base);
        Ok(Self { client, base: format!("{base}/api/v1"), key })
    }

    /// The account of the key.
    pub(super) async fn account(&self) -> Result<Account, Failure> {
        let workspaces = self.get("/workspaces").await?;
        let workspace = workspaces["data"][0].as_object().cloned().ok_or_else(|| unexpected("/workspaces"))?;
        let mut destinations = Vec::new();
        loop {
            let offset = destinations.len();
            let path = format!("/observability/destinations?offset={offset}&limit={AT_ONCE}");
            let page = self.get(&path).await?;
            let list = page["data"].as_array().ok_or_else(|| unexpected(&path))?;
            destinations.extend(list.iter().filter_map(Found::read));
            if destinations.len() != offset + list.len() {
                return Err(unexpected(&path));
            }
            if list.len() < AT_ONCE {
                break;
            }
        }
        let text = |member: &str| workspace.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Account { id: text("id"), name: text("name"), workspace, destinations })
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, None, None).await.map_err(|refusal| Failure::Said(refusal.to_string()))
    }

    /// `revision`: what a change builds on.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        revision: Option<i64>,
    ) -> Result<Value, Refusal> {
        for attempt in 1.. {
            let url = format!("{}{path}", self.base);
            let mut request = self.client.request(method.clone(), url).bearer_auth(self.key.expose_secret());
            if let Some(body) = body {
                request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
            }
            if let Some(revision) = revision {
                request = request.header(IF_MATCH, format!("\"{revision}\""));
            }
            let answer = request.send().await.map_err(|error| Refusal::unreached(&self.base, error))?;
            let pause = pause(&answer).filter(|_| attempt < ATTEMPTS);
            match pause {
                Some(pause) => {
                    eprintln!("The server asks to wait {} s.", pause.as_secs());
                    tokio::time::sleep(pause).await;
                }
                None => return read(answer).await,
            }
        }
        Err(Refusal::of("the server was busy all the time"))
    }
}

/// How long to wait before a request that came too often is sent again.
fn pause(answer: &Response) -> Option<Duration> {
    const LONGEST: u64 = 60;
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse::<u64>().ok()?;
    (answer.status().as_u16() == 429).then(|| Duration::from_secs(seconds.clamp(1, LONGEST)))
}

async fn read(answer: Response) -> Result<Value, Refusal> {
    let status = answer.status();
    let text = answer.text().await.map_err(|error| Refusal::of(format!("the server's answer broke off: {error}")))?;
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let error = &body["error"];
    let sentence = error["message"].as_str().map_or_else(
        || format!("the server answered {status}; is this the address of Tracecast?"),
        |sentence| match error["metadata"]["field"].as_str() {
            Some(field) => format!("{field}: {sentence}"),
            None => sentence.to_owned(),
        },
    );
    let steps = error["metadata"]["test"]["steps"].as_array().into_iter().flatten().map(step).collect();
    Err(Refusal { sentence, steps })
}

fn step(step: &Value) -> String {
    let text = |member: &str| step[member].as_str().unwrap_or_default();
    format!("{:<8} {} {}", text("state"), text("label"), text("detail")).trim_end().to_owned()
}

fn unexpected(path: &str) -> Failure {
    Failure::Said(format!(
        "the server answers {path} otherwise than this version expects; use the version of the server"
    ))
}

impl Found {
    /// None: it is not as this version knows destinations.
    fn read(shown: &Value) -> Option<Self> {
        let text = |member: &str| shown[member].as_str().map(str::to_owned);
        let config = shown["config"].as_object()?;
        let kind =
            config.get("preset").and_then(Value::as_str).map_or_else(|| text("type"), |slug| Some(slug.to_owned()))?;
        let all = shown.as_object()?;
        // What a newer version stored is compared as it is.
        let members = members::canonical(all).unwrap_or_else(|_| all.clone());
        Some(Self {
            id: text("id")?,
            revision: shown["revision"].as_i64()?,
            identity: Identity { name: text("name")?, kind },
            config: config.clone(),
            members,
        })
    }
}

impl Refusal {
    fn of(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), steps: Vec::new() }
    }

    fn unreached(base: &str, error: reqwest::Error) -> Self {
        Self::of(format!("{base} cannot be reached: {}", error.without_url()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        self.steps.iter().try_for_each(|step| write!(f, "\n    {step}"))
    }
}
