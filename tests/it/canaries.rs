//! No secret, prompt, key or token lies where it must not (spec 5.3): each is a canary, which is looked for in the database,
//! the log at its most talkative, pages, metrics, errors and the command line's words, while the real program does its work
//! and fails at it.

mod panics;
mod settings;

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tracecast::config::{Config, Given, SETTINGS, Source};

use crate::support::app::{Answer, read};
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::listener::{Listener, free_port};
use crate::support::program::{Program, run};

const DSN_KEY: &str = "c0ffee00deadbeefc0ffee00deadbe4f";
const PASSWORD: &str = "canary horse battery staple 4711";
const UPSTREAM_KEY: &str = "canary-upstream-4711";
const UPSTREAM_PASSWORD: &str = "canary-upstream-password-4711";
const DATABASE_PASSWORD: &str = "canary-database-4711";
const SEALING_KEY: &str = "ca4a12000102030405060708090a0b0c0d0e0f101112131415161718191a1bca";
const PRIVATE_PROMPT: &str = "canary-private-prompt-4711";
const PROMPT: &str = "canary-prompt-4711";
const COMPLETION: &str = "canary-completion-4711";

/// The pages of a person, the edit form first.
const PAGES: [&str; 7] = [
    "/settings/observability",
    "/settings/observability/sentry/new",
    "/settings/keys",
    "/settings/members",
    "/settings/account",
    "/settings/account/audit",
    "/activity",
];

/// The program, a receiver that accepts a connection test and then repeats the key in its refusal, and a person.
struct Scene {
    database: Database,
    program: Program,
    receiver: Listener,
    metrics: String,
    /// Everything that a person or script was shown.
    seen: Vec<(String, String)>,
    cookie: String,
    _upstream: Listener,
}

impl Scene {
    async fn start() -> Self {
        let database = Database::new().await;
        let receiver = Listener::with("127.0.0.1:0", |before| {
            let body = format!("{{\"detail\":\"no such key: sentry_key={DSN_KEY}\"}}");
            match before {
                0..5 => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
                _ => format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
            }
        });
        let completion = format!(
            r#"{{"id":"x","object":"chat.completion","model":"m","choices":[{{"index":0,"finish_reason":"stop",
               "message":{{"role":"assistant","content":"{COMPLETION}"}}}}]}}"#
        );
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        let upstream = Listener::answering("127.0.0.1:0", format!("{head} {}\r\n\r\n{completion}", completion.len()));
        let metrics = format!("127.0.0.1:{}", free_port(&["127.0.0.1"]));
        let environment = vec![
            ("DATABASE_URL", with_password(&database.url)),
            ("TRACECAST_KEYS", SEALING_KEY.to_owned()),
            ("TRACECAST_LOG", "debug".to_owned()),
            ("TRACECAST_METRICS_BIND", metrics.clone()),
            ("TRACECAST_EGRESS_ALLOW", receiver.address.to_string()),
            ("TRACECAST_EGRESS_ALLOW_HTTP", "true".to_owned()),
            ("TRACECAST_RETRY_BASE", "50ms".to_owned()),
            ("UPSTREAM_BASE_URL", format!("http://canary-user-4711:{UPSTREAM_PASSWORD}@{}/v1", upstream.address)),
            ("UPSTREAM_API_KEY", UPSTREAM_KEY.to_owned()),
        ];
        let mut seen = Vec::new();
        for arguments in [
            vec!["admin", "create-user", "--email", "ada@example.com", "--account", "Acme", "--password", PASSWORD],
            vec!["admin", "create-user", "--email", "ada@example.com", "--account", "Acme", "--password", PASSWORD],
            vec!["config"],
            vec!["--help"],
            vec!["key", "rotate"],
        ] {
            let output = run(&arguments, &pairs(&environment));
            seen.push((arguments[0].to_owned(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap()));
        }
        let program = Program::serve(&pairs(&environment));
        let cookie = String::new();
        Self { database, program, receiver, metrics, seen, cookie, _upstream: upstream }
    }

    async fn posts(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client().post(format!("{}{path}", self.program.url())).header("sec-fetch-site", "same-origin");
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("cookie", &self.cookie);
        read(request.body(body).send().await.unwrap()).await
    }

    async fn gets(&mut self, path: &str) -> String {
        let request = client().get(format!("{}{path}", self.program.url())).header("cookie", &self.cookie);
        let answer = read(request.send().await.unwrap()).await;
        self.seen.push((path.to_owned(), answer.text.clone()));
        answer.text
    }

    /// Signs in; gives the session's token.
    async fn signs_in(&mut self) -> String {
        let signed_in = self.posts("/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
        assert_eq!(signed_in.status, 303, "{}", self.program.log());
        self.cookie = signed_in.cookie;
        self.cookie.split_once('=').unwrap().1.to_owned()
    }

    /// Turns Broadcast on and connects the receiver under Privacy Mode; gives the destination's path.
    async fn connects(&mut self) -> String {
        self.posts("/settings/observability/broadcast", &[("enabled", "true")]).await;
        let dsn = format!("http://{DSN_KEY}@{}/1", self.receiver.address);
        let form = [("dsn", dsn.as_str()), ("privacy_mode", "on")];
        let connected = self.posts("/settings/observability/sentry", &form).await;
        assert_eq!(connected.status, 303, "{}", connected.text);
        connected.location.trim_end_matches("/edit").to_owned()
    }

    async fn creates_key(&mut self) -> String {
        let page = self.posts("/settings/keys", &[("name", "app"), ("type", "inference")]).await.text;
        let begin = page.find("tck-inf-").unwrap();
        page[begin..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
    }

    /// Asks the gateway.
    async fn asks(&mut self, key: &str, body: String) -> Answer {
        let request = client().post(format!("{}/api/v1/chat/completions", self.program.url())).bearer_auth(key);
        read(request.header("content-type", "application/json").body(body).send().await.unwrap()).await
    }

    /// All that lies in the database, a line for each row, with the name of its table; bytes also as the text they hold.
    async fn dump(&self) -> Vec<(String, String)> {
        let mut connection = PgConnection::connect(&self.database.admin_url).await.unwrap();
        let tables = "SELECT c.table_name || '.' || c.column_name, format(
                        'SELECT coalesce(%s, '''') FROM %I', CASE c.data_type
                        WHEN 'bytea' THEN format('encode(%I, ''escape'')', c.column_name)
                        ELSE format('%I::text', c.column_name) END, c.table_name)
                      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
                      WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'";
        let columns: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&mut connection).await.unwrap();
        assert!(columns.len() > 50, "{} columns are no whole database", columns.len());
        let mut lines = Vec::new();
        for (column, query) in columns {
            let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query));
            let values: Vec<String> = query.fetch_all(&mut connection).await.unwrap();
            lines.extend(values.into_iter().map(|value| (column.clone(), value)));
        }
        lines
    }

    /// Waits until the receiver's refusal has been noted.
    async fn is_refused(&self) {
        for _ in 0..600 {
            if !self.database.reads("SELECT reason FROM destinations WHERE reason IS NOT NULL").await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing was refused: {}", self.program.log());
    }
}

fn pairs<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// The address of a database, with a password that nobody asks for.
fn with_password(url: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_password(Some(DATABASE_PASSWORD)).unwrap();
    url.query_pairs_mut().append_pair("sslpassword", DATABASE_PASSWORD);
    url.to_string()
}

fn chat(prompt: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}],"trace":{{"trace_name":"Canary"}}}}"#)
}

/// Each canary as it is, in hexadecimal digits, and as forms and addresses spell it.
fn spellings(canary: &str) -> Vec<String> {
    vec![canary.to_owned(), hex::encode(canary), canary.replace(' ', "+"), canary.replace(' ', "%20")]
}

#[track_caller]
fn nowhere(canaries: &[&str], places: &[(String, String)]) {
    for canary in canaries.iter().flat_map(|canary| spellings(canary)) {
        for (place, text) in places {
            if let Some(at) = text.find(&canary) {
                let around: String = text[..at].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("`{canary}` is in {place}, after: {around}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_found_where_it_must_not_be() {
    let mut scene = Scene::start().await;
    let wrong = scene.posts("/sign-in", &[("email", "nobody@example.com"), ("password", PASSWORD)]).await.text;
    let token = scene.signs_in().await;
    let destination = scene.connects().await;
    let key = scene.creates_key().await;

    // Under Privacy Mode content is written nowhere; without it, in its own column and nowhere else.
    assert_eq!(scene.asks(&key, chat(PRIVATE_PROMPT)).await.status, 200);
    scene.is_refused().await;
    let private = scene.dump().await;
    nowhere(&[PRIVATE_PROMPT, COMPLETION], &private);
    scene.database.runs("UPDATE destinations SET privacy_mode = false").await;
    assert_eq!(scene.asks(&key, chat(PROMPT)).await.status, 200);
    for _ in 0..600 {
        if scene.database.reads("SELECT generation_id FROM completed_requests").await.len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // What goes wrong is told without telling.
    let mut errors = vec![("wrong sign-in".to_owned(), wrong)];
    for (sent, body) in
        [(key.as_str(), format!("{{\"model\":{PROMPT}")), (&key[..20], chat(PROMPT)), (&token, chat(PROMPT))]
    {
        let answer = scene.asks(sent, body).await;
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        errors.push(("error answer".to_owned(), answer.text));
    }
    errors.push(("refused edit".to_owned(), scene.posts(&destination, &[("revision", "1"), ("dsn", "")]).await.text));
    scene.gets(&format!("{destination}/edit")).await;
    scene.gets(&format!("{destination}/delete")).await;
    scene.gets(&format!("{destination}/deliveries")).await;
    for page in PAGES {
        let text = scene.gets(page).await;
        assert!(text.contains("</html>"), "{page}: {text}");
    }
    scene.gets("/settings/account/audit.csv").await;
    let metrics = client().get(format!("http://{}/metrics", scene.metrics)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("tracecast_"), "{metrics}");

    let dump = scene.dump().await;
    let secrets = [DSN_KEY, PASSWORD, UPSTREAM_KEY, UPSTREAM_PASSWORD, DATABASE_PASSWORD, SEALING_KEY, &key, &token];
    nowhere(&secrets, &dump);
    let (content, rest): (Vec<_>, Vec<_>) = dump
        .into_iter()
        .partition(|(column, _)| column.starts_with("completed_requests") && column.ends_with(".content"));
    nowhere(&[PRIVATE_PROMPT], &content);
    assert!(content.iter().any(|(_, text)| text.contains(PROMPT) && text.contains(COMPLETION)), "{content:?}");
    nowhere(&[PRIVATE_PROMPT, PROMPT, COMPLETION], &rest);

    let log = vec![("the log".to_owned(), scene.program.log()), ("standard output".to_owned(), scene.program.said())];
    assert!(log[0].1.contains(r#""level":"DEBUG""#), "the log is as talkative as it can be");
    let all = [secrets.as_slice(), &[PRIVATE_PROMPT, PROMPT, COMPLETION]].concat();
    nowhere(&all, &log);
    nowhere(&all, &[("the metrics".to_owned(), metrics)]);
    nowhere(&all, &errors);
    nowhere(&all, &scene.seen);
}

/// What a panic or a careless log line would print.
#[test]
fn settings_print_no_secret_in_their_debug_form() {
    // The table of model servers takes the place of the one address, so it has settings of its own.
    let secrets = SETTINGS.iter().filter(|setting| setting.secret && setting.name != "upstreams");
    let given =
        secrets.fold(Given::defaults(), |given, setting| given.with(setting.name, "canary-4711", Source::Argument));
    let table = r#"{"upstreams":[{"name":"a","base_url":"http://canary-4711:canary-4711@127.0.0.1/v1","api_key_env":"A",
        "models":["*"]}]}"#;
    let several =
        given.clone().with("upstreams", table, Source::Argument).with_variables(|_| Some("canary-4711".into()));
    let one = given.with("upstream-base-url", "http://canary-4711:canary-4711@127.0.0.1/v1", Source::Argument);
    let printed = [one, several].map(|given| format!("{given:?} {:?}", Config::parse(&given).unwrap())).concat();
    assert!(printed.contains("upstream"), "{printed}");
    nowhere(&["canary-4711"], &[("the settings".to_owned(), printed)]);
}
