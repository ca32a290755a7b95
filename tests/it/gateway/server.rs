//! The API on a port of its own, with one account and its keys, and the records that come out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;
use tracecast::api;
use tracecast::audit::{Actor, Change, Event, Who};
use tracecast::auth::api_keys;
use tracecast::clock::Clock;
use tracecast::config::{Config, Given, Source};
use tracecast::egress::{self, Egress, Guard};
use tracecast::id::{AccountId, DestinationId, UserId};
use tracecast::random::Random;
use tracecast::recorder::Recorder;
use tracecast::seal::Keyring;
use tracecast::state::State;
use tracecast::state::hashing::Hashing;
use tracecast::store::Store;
use tracecast::store::accounts::{self, NewUser};
use tracecast::store::destinations::{self, TestedValues};
use tracecast::token::ApiKeyType;

use crate::support::database::Database;

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) management_key: String,
    pub(crate) account: AccountId,
    pub(crate) state: State,
    /// How many records were read.
    read: Mutex<i64>,
    handle: ServerHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Signals the server; its threads end by themselves.
        drop(self.handle.stop(false));
    }
}

/// What a caller got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The sentence of the error envelope, after its shape was checked.
    pub(crate) fn error(&self) -> String {
        let body = self.json();
        assert_eq!(body["error"]["code"], self.status, "{body}");
        body["error"]["message"].as_str().unwrap().to_owned()
    }

    /// The data of all events of a stream.
    pub(crate) fn events(&self) -> Vec<Value> {
        let data =
            self.text.split("\n\n").filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// A record as the worker reads it: the completed request, with its content under `content`.
#[derive(Debug)]
pub(crate) struct Record(pub(crate) Value);

impl std::ops::Deref for Record {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

pub(crate) fn question() -> Value {
    json!({ "model": "openai/gpt-4o", "messages": [{ "role": "user", "content": "Debug this error..." }] })
}

/// `question()` with further fields.
pub(crate) fn question_with(fields: &Value) -> Value {
    let mut question = question();
    question.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    question
}

#[expect(clippy::disallowed_methods, reason = "the tests' own client")]
pub(crate) fn client() -> reqwest::Client {
    // The program brings its own TLS configuration; the tests' client needs none, but must not look for one.
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

impl Server {
    /// Without an upstream: `demo/echo` answers.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn before(upstream: &str) -> Self {
        Self::with(&[("upstream-base-url", upstream), ("upstream-api-key", "sk-upstream")]).await
    }

    #[expect(clippy::disallowed_methods, reason = "ends when the server is stopped")]
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        let given = Given::defaults().with("echo-delay", "1ms", Source::Command);
        // Every environment variable that a setting names is there: `A_KEY` is `sk-A_KEY`.
        let given = given.with_variables(|name| Some(format!("sk-{name}")));
        let given = settings.iter().fold(given, |given, setting| given.with(setting.0, setting.1, Source::Environment));
        let config = Arc::new(Config::parse(&given).unwrap());
        let database = Database::new().await;
        let state = state(config.clone(), &database.url);
        let account = account(&state).await;
        let key = api_keys::create(&state, &Actor::operator(account), ApiKeyType::Inference, "SDK").await.unwrap();
        let management =
            api_keys::create(&state, &Actor::operator(account), ApiKeyType::Management, "Terraform").await.unwrap();
        let tls = egress::client_config(&[]).unwrap();
        let (recorder, writer) = Recorder::new(state.store.clone(), state.random);
        tokio::spawn(writer.run());
        let server = HttpServer::new(move || {
            let state = self::state(config.clone(), &database.url);
            let gateway = api::gateway(&state, &tls, recorder.clone()).unwrap();
            App::new().app_data(web::Data::new(state)).app_data(web::Data::new(gateway)).configure(api::routes)
        });
        let server = server.workers(1).h1_allow_half_closed(false).bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url,
            key: key.reveal().to_owned(),
            management_key: management.reveal().to_owned(),
            account,
            state,
            read: Mutex::default(),
            handle,
        }
    }

    /// A request of a chat completion, to be sent.
    pub(crate) fn asking(&self) -> reqwest::RequestBuilder {
        client().post(format!("{}/api/v1/chat/completions", self.url)).bearer_auth(&self.key)
    }

    /// Asks through another protocol, at a path under `/api/v1`.
    pub(crate) async fn asks_at(&self, path: &str, body: &Value) -> Got {
        got(client().post(format!("{}/api/v1{path}", self.url)).bearer_auth(&self.key).json(body)).await
    }

    pub(crate) async fn asks(&self, body: &Value) -> Got {
        got(self.asking().json(body)).await
    }

    /// Asks with a body that need not be JSON.
    pub(crate) async fn posts(&self, body: impl Into<reqwest::Body>) -> Got {
        got(self.asking().header("content-type", "application/json").body(body)).await
    }

    /// The next record, as soon as it is committed; it belongs to the account.
    pub(crate) async fn record(&self) -> Record {
        let mut read = self.read.lock().await;
        for _ in 0..500 {
            if let Some((payload, content)) = self.find_record(*read).await {
                *read += 1;
                let mut record: Value = serde_json::from_slice(&payload).unwrap();
                record["content"] = serde_json::from_slice(&content.expect("content is wanted")).unwrap();
                return Record(record);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing is recorded");
    }

    /// Nothing (more) is recorded.
    pub(crate) async fn records_nothing(&self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(self.find_record(*self.read.lock().await).await.is_none());
    }

    async fn find_record(&self, position: i64) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let records = sqlx::query_as(
            "SELECT payload, content FROM completed_requests WHERE account_id = $1 ORDER BY xid, position OFFSET $2 LIMIT 1",
        );
        records.bind(self.account.0).bind(position).fetch_optional(self.state.store.pool()).await.unwrap()
    }
}

pub(crate) async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Got { status, headers, text: response.text().await.unwrap() }
}

/// Content type and first bytes of an answer whose rest may never come.
pub(crate) async fn begun(request: reqwest::RequestBuilder) -> (String, String) {
    let first = async {
        let response = request.send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let piece = response.bytes_stream().next().await.unwrap().unwrap();
        (content_type, String::from_utf8(piece.to_vec()).unwrap())
    };
    tokio::time::timeout(Duration::from_secs(20), first).await.expect("the answer begins")
}

/// What flows are given; connects to the database when it is first asked.
pub(crate) fn state(config: Arc<Config>, database_url: &str) -> State {
    let options = database_url.parse::<PgConnectOptions>().unwrap().options([("app.upkeep", "on")]);
    State {
        clock: Clock::System,
        random: Random,
        store: Store::open(options, "test", 4),
        egress: Egress::new(Guard::new(Vec::new(), false), Clock::System).unwrap(),
        keyring: Arc::new(Keyring::parse(&"0".repeat(64)).unwrap()),
        hashing: Hashing::new(1),
        testing: tracecast::state::testing::Testing::default(),
        rate_limits: tracecast::state::rate_limits::RateLimits::new(config.key_rate),
        refusals: tracecast::state::refusals::Refusals::default(),
        known_keys: tracecast::state::known_keys::KnownKeys::new(Duration::from_mins(5)),
        bodies: tracecast::state::bodies::Bodies::new(config.body_budget),
        stream_options: tracecast::state::stream_options::StreamOptions::default(),
        spending: tracecast::state::spending::Spending::default(),
        config,
    }
}

/// An account whose Broadcast is on, with a destination that may receive content.
async fn account(state: &State) -> AccountId {
    state.store.migrate().await.unwrap();
    let account = AccountId(state.random.uuid());
    let user = NewUser { id: UserId(state.random.uuid()), email: "ada@example.com", password_hash: "none" };
    let entry = Change::new(Event::AccountCreated, "").entry(state, &Who::Operator, None);
    accounts::create_with_admin(&state.store, &user, (account, "Analytical Engines"), true, &entry).await.unwrap();
    let mut tenant = state.store.tenant(account).await.unwrap();
    accounts::put_broadcast(&mut tenant, true).await.unwrap();
    let values = TestedValues {
        name: "Sentry",
        privacy_mode: false,
        settings: &BTreeMap::new(),
        masked: &BTreeMap::new(),
        secrets: b"",
        secrets_changed: true,
        target: "",
        test: &json!({}),
        not_yet: None,
    };
    destinations::create(&mut tenant, DestinationId(state.random.uuid()), "sentry", &values).await.unwrap();
    tenant.commit().await.unwrap();
    account
}
