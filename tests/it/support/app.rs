//! The whole application on a database of its own, with the demo receiver beside it, as a person uses it.

use std::time::Duration;

use demo_receiver::{Options, ReceivedTrace, Receiver, Running};
use secrecy::SecretString;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;
use tracecast::app::{App, Roles, Serving};
use tracecast::config::{Config, Given, Source};
use tracecast::egress;
use tracecast::state::State;

use super::database::Database;
use super::http::client;

/// With which the application seals.
pub(crate) const SEALING_KEY: &str = "abababababababababababababababababababababababababababababababab";

/// A running application.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) receiver: Running,
    serving: Serving,
    app: App,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookie: String,
    /// The session's cookie; empty when it did not change.
    pub(crate) session: String,
    pub(crate) text: String,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|given| given).await
    }

    /// An application with other settings.
    pub(crate) async fn start_with(settings: impl FnOnce(Given) -> Given) -> Self {
        Self::start_with_way_out(egress::Setup::default(), settings).await
    }

    /// The same, with other name servers or bounds for what leaves.
    pub(crate) async fn start_with_way_out(way_out: egress::Setup, settings: impl FnOnce(Given) -> Given) -> Self {
        let (database, receiver) = (Database::new().await, receiver());
        let url = database.url.clone();
        Self::start_on(database, &url, receiver, way_out, settings).await
    }

    /// An application that reaches its database at `url`, where a proxy of the test's own may be.
    pub(crate) async fn start_through(database: Database, url: &str) -> Self {
        Self::start_on(database, url, receiver(), egress::Setup::default(), |given| given).await
    }

    /// The same application anew, on the same database, with other settings.
    pub(crate) async fn restarts_with(self, settings: impl FnOnce(Given) -> Given) -> Self {
        self.serving.stop().await;
        self.app.close().await;
        let url = self.database.url.clone();
        Self::start_on(self.database, &url, self.receiver, egress::Setup::default(), settings).await
    }

    /// The application on this database, reached by this address, which it migrates itself.
    pub(crate) async fn start_on(
        database: Database,
        url: &str,
        receiver: Running,
        way_out: egress::Setup,
        settings: impl FnOnce(Given) -> Given,
    ) -> Self {
        let given = Given::defaults()
            .with("bind", "127.0.0.1:0", Source::Argument)
            .with("signup", "open", Source::Argument)
            .with("echo-delay", "0ms", Source::Argument)
            .with("egress-allow", receiver.address().to_string(), Source::Argument)
            .with("egress-allow-http", "true", Source::Argument)
            .with("retry-base", "50ms", Source::Argument)
            .with("keys", SEALING_KEY, Source::Argument);
        let mut config = Config::parse(&settings(given)).unwrap();
        config.database_url = Some(SecretString::from(url));
        let app = App::build(config).await.unwrap().with_way_out(way_out);
        let serving = app.serve(Roles { web: true, worker: true }).unwrap();
        let url = format!("http://{}", serving.address().unwrap());
        Self { url, database, receiver, serving, app }
    }

    /// A new person with an account of their own; gives the cookie. Where other machines are meant to come, too, they type the
    /// code from the log.
    pub(crate) async fn signs_up(&self, email: &str) -> String {
        let code =
            if self.app.public_url().starts_with("http://localhost") { String::new() } else { self.setup_code() };
        let form =
            [("account_name", "Acme"), ("email", email), ("password", "correct horse battery staple"), ("code", &code)];
        let answer = self.posts_form("", "/sign-up", &form).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/settings/observability"), "{}", answer.text);
        answer.cookie
    }

    pub(crate) async fn posts_form(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(form).finish();
        let request = client().post(format!("{}{path}", self.url)).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").header("cookie", cookie);
        read(request.body(body).send().await.unwrap()).await
    }

    pub(crate) async fn gets(&self, cookie: &str, path: &str) -> Answer {
        read(client().get(format!("{}{path}", self.url)).header("cookie", cookie).send().await.unwrap()).await
    }

    /// Asks the gateway; `body` is JSON.
    pub(crate) async fn asks(&self, key: &str, body: &str) -> Answer {
        let request = client().post(format!("{}/api/v1/chat/completions", self.url)).bearer_auth(key);
        read(request.header("content-type", "application/json").body(body.to_owned()).send().await.unwrap()).await
    }

    /// Asks the gateway which models there are.
    pub(crate) async fn lists_models(&self, key: &str) -> Answer {
        read(client().get(format!("{}/api/v1/models", self.url)).bearer_auth(key).send().await.unwrap()).await
    }

    /// A new inference key.
    pub(crate) async fn creates_key(&self, cookie: &str) -> String {
        let page = self.posts_form(cookie, "/settings/keys", &[("name", "app"), ("type", "inference")]).await.text;
        let begin = page.find("tck-inf-").unwrap();
        page[begin..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
    }

    /// What the flows of this application are given; for what only the operator does.
    pub(crate) fn state(&self) -> State {
        self.app.state("tracecast test", 2).unwrap()
    }

    /// The code that the program writes to its log.
    pub(crate) fn setup_code(&self) -> String {
        self.state().keyring.setup_code()
    }

    /// From now on no password is hashed, until what is returned is dropped.
    pub(crate) async fn takes_every_hashing_permit(&self) -> OwnedSemaphorePermit {
        let hashing = self.app.hashing();
        let all = u32::try_from(hashing.available_permits()).unwrap();
        hashing.acquire_many_owned(all).await.unwrap()
    }

    /// The path of a new invitation.
    pub(crate) async fn invites(&self, cookie: &str, role: &str) -> String {
        let page = self.posts_form(cookie, "/settings/members/invitations", &[("role", role)]).await.text;
        let begin = page.find("/invitations/").unwrap();
        page[begin..].split('"').next().unwrap().to_owned()
    }

    /// A new person accepts an invitation; gives the cookie.
    pub(crate) async fn joins(&self, invitation: &str, email: &str) -> String {
        let form = [("email", email), ("password", "correct horse battery staple")];
        let answer = self.posts_form("", invitation, &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.cookie
    }

    /// Turns the Enable Broadcast switch.
    pub(crate) async fn switches(&self, cookie: &str, enabled: &str) {
        let answer = self.posts_form(cookie, "/settings/observability/broadcast", &[("enabled", enabled)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    /// Connects the demo receiver; gives the destination's path.
    pub(crate) async fn connects(&self, cookie: &str) -> String {
        let (dsn, endpoint) = (self.receiver.dsn(), self.receiver.endpoint());
        let form = [("dsn", dsn.as_str()), ("otlp_endpoint", &endpoint)];
        let answer = self.posts_form(cookie, "/settings/observability/sentry", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.location.trim_end_matches("/edit").to_owned()
    }

    /// The trace with a span of this name, as soon as it has arrived at the receiver.
    pub(crate) async fn receives(&self, span: &str) -> ReceivedTrace {
        for _ in 0..600 {
            let traces = self.receiver.received().traces();
            if let Some(trace) = traces.into_iter().find(|trace| trace.span(span).is_some()) {
                return trace;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no trace with a span `{span}` arrived");
    }

    pub(crate) async fn stop(self) {
        self.serving.stop().await;
        self.app.close().await;
        self.receiver.stop().await;
    }
}

fn receiver() -> Running {
    Receiver::start(Options::default(), &TaskTracker::new()).unwrap()
}

/// Reads an answer to its end.
pub(crate) async fn read(response: reqwest::Response) -> Answer {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookie = header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let session = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let mut session = session.map(|value| value.split(';').next().unwrap_or_default().to_owned());
    let session = session.rfind(|cookie| cookie.contains("tc_session=")).unwrap_or_default();
    let (status, location) = (response.status().as_u16(), header("location").to_owned());
    Answer { status, location, cookie, session, text: response.text().await.unwrap() }
}
