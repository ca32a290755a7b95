//! `tracecast doctor` on an installation that is well, and on ones that are not.

use serde_json::Value;

use crate::support::app::{SEALING_KEY, TestApp};
use crate::support::database::Database;
use crate::support::program::run;

/// What the doctor said.
struct Examined {
    is_well: bool,
    findings: Vec<Value>,
    text: String,
}

impl Examined {
    fn of(url: &str, settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut all = vec![("TRACECAST_DATA_DIR", data.path().to_str().unwrap()), ("DATABASE_URL", url)];
        if !settings.iter().any(|(name, _)| *name == "TRACECAST_KEYS") {
            all.push(("TRACECAST_KEYS", SEALING_KEY));
        }
        all.extend(settings);
        let output = run(&["doctor", "--json"], &all);
        let said = String::from_utf8(output.stdout).unwrap();
        let findings = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let text = String::from_utf8(run(&["doctor"], &all).stdout).unwrap();
        assert!(std::fs::read_dir(data.path()).unwrap().next().is_none(), "it leaves nothing behind");
        Self { is_well: output.status.success(), findings, text }
    }

    fn verdict(&self, check: &str) -> &str {
        let found = self.findings.iter().find(|finding| finding["check"] == check);
        found.map_or("", |finding| finding["verdict"].as_str().unwrap())
    }

    /// The names of the checks that failed, and fails itself unless each says something to do.
    fn failed(&self) -> Vec<&str> {
        assert_eq!(self.is_well, !self.findings.iter().any(|finding| finding["verdict"] == "failed"), "{}", self.text);
        let failed = self.findings.iter().filter(|finding| finding["verdict"] == "failed");
        failed.map(|finding| finding["check"].as_str().unwrap()).collect()
    }

    #[track_caller]
    fn fails_only(&self, check: &str, words: &str) {
        assert_eq!(self.failed(), [check], "{}", self.text);
        assert!(self.text.contains(words), "{}", self.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_an_installation_well() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let examined = Examined::of(&app.database.url, &[]);
    assert_eq!(examined.failed(), Vec::<&str>::new(), "{}", examined.text);
    let checks = [
        "database",
        "pooler",
        "version",
        "clock",
        "roles",
        "row-level security",
        "schema",
        "partitions",
        "keys",
        "data folder",
    ];
    for check in checks {
        assert_eq!(examined.verdict(check), "ok", "{check}\n{}", examined.text);
    }
    for check in ["model server", "metrics"] {
        assert_eq!(examined.verdict(check), "warning", "{check}\n{}", examined.text);
    }
    assert!(examined.text.contains("open all of 1 stored secrets"), "{}", examined.text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_key_that_opens_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let other = "cd".repeat(32);
    Examined::of(&app.database.url, &[("TRACECAST_KEYS", &other)])
        .fails_only("keys", "1 of 1 stored secrets do not open");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_is_wrong_with_the_database() {
    let database = Database::new().await;
    Examined::of(&database.url, &[]).fails_only("partitions", "today's or tomorrow's are missing");
    database.runs("ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY").await;
    let examined = Examined::of(&database.url, &[]);
    assert_eq!(examined.failed(), ["row-level security", "partitions"], "{}", examined.text);
    let examined = Examined::of(&database.admin_url, &[]);
    assert!(examined.failed().contains(&"roles") && examined.text.contains("is a superuser"), "{}", examined.text);
    database.runs("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$").await;
    Examined::of(&database.url, &[]).fails_only("primary", "the database takes no writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_a_database_without_schema_and_one_that_is_away() {
    let database = Database::empty().await;
    Examined::of(&database.url, &[]).fails_only("schema", "Run tracecast migrate");
    Examined::of("postgres://nobody@127.0.0.1:1/none", &[])
        .fails_only("database", "Check DATABASE_URL and that Postgres runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_a_model_server_that_does_not_answer_and_a_listener_that_is_taken() {
    let app = TestApp::start().await;
    let taken = app.url.trim_start_matches("http://").to_owned();
    let settings = [("UPSTREAM_BASE_URL", "http://127.0.0.1:1/v1"), ("TRACECAST_METRICS_BIND", taken.as_str())];
    let examined = Examined::of(&app.database.url, &settings);
    assert_eq!(examined.failed(), ["model server", "metrics"], "{}", examined.text);
    assert!(examined.text.contains("does not answer (connection_error)"), "{}", examined.text);
    app.stop().await;
}
