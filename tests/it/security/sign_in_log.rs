//! Every attempt to come in is told to whoever runs the server, and what was typed is not (OWASP ASVS 5.0, 16.3.1).

use serde_json::Value;

use super::PASSWORD;
use crate::support::app::read;
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::listener::free_port;
use crate::support::program::Program;

/// Somebody's password, typed where their name belongs.
const MISPLACED: &str = "canary-password-as-a-name";

/// The running program as the operator sees it.
struct Operated {
    program: Program,
    database: Database,
    metrics: String,
}

impl Operated {
    async fn start() -> Self {
        let database = Database::new().await;
        let metrics = format!("127.0.0.1:{}", free_port(&["127.0.0.1"]));
        let keys = "ab".repeat(32);
        let settings =
            [("DATABASE_URL", &*database.url), ("TRACECAST_KEYS", &keys), ("TRACECAST_METRICS_BIND", &metrics)];
        Self { program: Program::serve(&settings), metrics, database }
    }

    async fn posts(&self, path: &str, form: &[(&str, &str)]) -> u16 {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client().post(format!("{}{path}", self.program.url())).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap().status().as_u16()
    }

    async fn signs_in(&self, email: &str, password: &str) -> u16 {
        self.posts("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// The cookie of a new session of Ada's.
    async fn session(&self) -> String {
        let body = url::form_urlencoded::Serializer::new(String::new());
        let body = { body }.extend_pairs([("email", "ada@example.com"), ("password", PASSWORD)]).finish();
        let request = client().post(format!("{}/sign-in", self.program.url())).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        read(request.body(body).send().await.unwrap()).await.session
    }

    async fn numbers(&self) -> String {
        let numbers = client().get(format!("http://{}/metrics", self.metrics)).send().await.unwrap();
        numbers.text().await.unwrap()
    }

    /// How many passwords were looked at so far.
    async fn looked_at(&self) -> u32 {
        let numbers = self.numbers().await;
        let count = numbers.lines().find_map(|line| line.strip_prefix("tracecast_password_check_seconds_count "));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// Secret, outcome and fingerprint of every attempt in the log.
    fn told(&self) -> Vec<(String, String, String)> {
        let log = self.program.log();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines = lines.map(|line| line["fields"].clone()).filter(|line| line["message"] == "a sign-in attempt");
        lines
            .map(|line| {
                assert_eq!(line["address"], "127.0.0.1", "{line}");
                assert_eq!(line["user"].is_string(), line["outcome"] == "wrong", "{line}");
                let word = |name: &str| line[name].as_str().unwrap().to_owned();
                (word("secret"), word("outcome"), word("name"))
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_of_every_attempt_known_names_or_not_and_never_what_was_typed() {
    let operated = Operated::start().await;
    let ada = [("account_name", "Acme"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(operated.posts("/sign-up", &ada).await, 303);
    assert_eq!(operated.signs_in("ada@example.com", "canary-wrong-password").await, 422);
    assert_eq!(operated.signs_in("nobody@example.com", "canary-wrong-password").await, 422);
    assert_eq!(operated.signs_in(" Nobody@example.com", "canary-wrong-password").await, 422);
    assert_eq!(operated.signs_in(MISPLACED, "canary-wrong-password").await, 422);
    assert_eq!(operated.signs_in("ada@example.com", PASSWORD).await, 303);
    operated.database.runs("UPDATE sign_in_throttle SET open_at = now() + interval '1 hour'").await;
    assert_eq!(operated.signs_in("ada@example.com", PASSWORD).await, 429);

    let told = operated.told();
    let outcomes: Vec<_> = told.iter().map(|(secret, outcome, _)| format!("{secret} {outcome}")).collect();
    let expected = ["wrong", "unknown", "unknown", "unknown", "passed", "throttled"];
    assert_eq!(outcomes, expected.map(|outcome| format!("password {outcome}")));
    let names: Vec<_> = told.iter().map(|(_, _, name)| name.as_str()).collect();
    assert_eq!((names[1], names[0], names[0]), (names[2], names[4], names[5]), "one name, one fingerprint");
    assert!(names[0] != names[1] && names[1] != names[3]);

    let numbers = operated.numbers().await;
    for (outcome, count) in [("wrong", 1), ("unknown", 3), ("passed", 1), ("throttled", 1)] {
        let series = [
            format!("secret=\"password\",outcome=\"{outcome}\""),
            format!("outcome=\"{outcome}\",secret=\"password\""),
        ];
        let lines = series.map(|labels| format!("tracecast_sign_ins_total{{{labels}}} {count}\n"));
        assert!(lines.iter().any(|line| numbers.contains(line)), "{outcome} {count}\n{numbers}");
    }
    let log = operated.program.log();
    for typed in [MISPLACED, "canary-wrong-password", PASSWORD, "nobody@example.com", "ada@example.com"] {
        assert!(!log.to_lowercase().contains(typed), "{typed} is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_is_looked_at_for_each_attempt_whether_the_name_is_known_or_not() {
    let operated = Operated::start().await;
    let ada = [("account_name", "Acme"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(operated.posts("/sign-up", &ada).await, 303);
    assert_eq!(operated.looked_at().await, 0);
    let long = format!("{}@example.com", "n".repeat(300));
    let names = ["ada@example.com", "nobody@example.com", "no address", "", "a\u{0}b@example.com", &long];
    for (number, name) in (1..).zip(names) {
        assert_eq!(operated.signs_in(name, "canary-wrong-password").await, 422, "{name:?}");
        assert_eq!(operated.looked_at().await, number, "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_to_get_past_a_check_is_told_to_the_operator() {
    let operated = Operated::start().await;
    let ada = [("account_name", "Acme"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(operated.posts("/sign-up", &ada).await, 303);
    let url = operated.program.url();
    let from_elsewhere = client().post(format!("{url}/sign-out")).header("sec-fetch-site", "cross-site");
    assert_eq!(from_elsewhere.send().await.unwrap().status(), 403);
    for path in ["/invitations/canary-token", "/api/v1/openapi.json"] {
        let other_name = client().get(format!("{url}{path}")).header("host", "evil.example");
        assert_eq!(other_name.send().await.unwrap().status(), 421);
    }
    let guess = client().post(format!("{url}/api/v1/chat/completions")).bearer_auth("canary-key");
    assert_eq!(guess.send().await.unwrap().status(), 401);
    operated.database.runs("UPDATE members SET role = 'member'").await;
    let session = operated.session().await;
    let forbidden = client().post(format!("{url}/settings/keys")).header("cookie", session);
    assert_eq!(forbidden.header("sec-fetch-site", "same-origin").send().await.unwrap().status(), 403);

    let log = operated.program.log();
    let lines = |words: &str| log.lines().filter(|line| line.contains(words)).collect::<Vec<_>>();
    let edge = lines("a request was refused at the edge");
    let statuses = [403, 421, 421].map(|status| format!("\"status\":{status}"));
    assert!(edge.len() == 3 && edge.iter().zip(&statuses).all(|(line, status)| line.contains(status)), "{edge:?}");
    assert_eq!(lines("an API key let nobody in").len(), 1);
    let forbidden = lines("a member may not do what is for admins");
    assert!(forbidden.len() == 1 && forbidden[0].contains("/settings/keys"), "{forbidden:?}");
    for line in edge.iter().chain(&forbidden) {
        assert!(line.contains("\"address\":\"127.0.0.1\""), "{line}");
    }
    assert!(!log.contains("canary") && !log.contains(PASSWORD), "{log}");
}
