//! The program does not start with keys that are missing, short, or not those of what is stored; it says so in a sentence.

use super::{NEW, OLD, dsn, rows, sealed};
use crate::support::app::TestApp;
use crate::support::program::run;

/// What `migrate`, which starts as everything else does, says on standard error; none if it did not fail.
fn refusal(database_url: &str, environment: &[(&str, &str)]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap().to_owned();
    let mut all = vec![("DATABASE_URL", database_url), ("TRACECAST_DATA_DIR", &folder), ("TRACECAST_LOG", "off")];
    all.extend_from_slice(environment);
    let output = run(&["migrate"], &all);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.lines().count() <= 1, "one sentence, and no panic: {said}");
    (!output.status.success()).then_some(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_missing_short_or_unknown_are_refused_with_a_sentence() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, tracecast::config::Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let url = app.database.url.as_str();
    assert_eq!(refusal(url, &[("TRACECAST_KEYS", OLD)]), None);
    assert_eq!(refusal(url, &[("TRACECAST_KEYS", &format!("{NEW},{OLD}"))]), None);
    for (keys, words) in [
        (" , ", "TRACECAST_KEYS: there is no sealing key"),
        (&OLD[..62], "TRACECAST_KEYS: sealing key number 1 is not 64 hexadecimal digits"),
        (&format!("{OLD},{}", &NEW[..10]), "TRACECAST_KEYS: sealing key number 2 is not 64 hexadecimal digits"),
        (&OLD.replace('0', "g"), "sealing key number 1 is not 64"),
        (NEW, "1 stored secret(s) are sealed with the key 630dcd29, which is not among the sealing keys"),
    ] {
        let said = refusal(url, &[("TRACECAST_KEYS", keys)]).unwrap_or_else(|| panic!("started with {keys}"));
        assert!(said.contains(words), "`{words}` is not in: {said}");
        assert!(!said.contains(&keys[..keys.len().min(16)]) || keys.trim().len() < 16, "no key is printed: {said}");
    }
    // A file that is not there is not made where the operator named one; and a data folder that was lost is noticed.
    let said = refusal(url, &[("TRACECAST_KEYS_FILE", "/nonexistent/keys")]).unwrap();
    assert!(said.contains("the file of sealing keys `/nonexistent/keys` cannot be used"), "{said}");
    let said = refusal(url, &[]).unwrap();
    assert!(said.contains("Add that key after the first one"), "{said}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_tells_nothing_without_its_key() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, tracecast::config::Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let row = rows(&app.database).await.remove(0);
    assert_eq!(dsn(&row, OLD).as_deref(), Some(app.receiver.dsn().as_str()));
    assert_eq!(dsn(&row, NEW), None);
    assert_ne!(sealed("x", OLD, row.place), sealed("x", OLD, row.place), "a nonce is never used twice");
    app.stop().await;
}
