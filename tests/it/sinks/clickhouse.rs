//! The kind `clickhouse` against ClickHouse's engine, behind an interface of the tests' own.

use serde_json::{Value, json};
use tracecast::destination::kinds::clickhouse::create_table;

use super::{eventually, reaching};
use crate::five_steps::request;
use crate::support::foreign_receiver::{ForeignReceiver, Script};

const ENGINE: Script = Script { name: "clickhouse.py", packages: &["chdb==4.4.0"], is_large: true };

const CLICKHOUSE: &str = "/settings/observability/clickhouse";

fn rows(engine: &mut ForeignReceiver, statement: &str) -> Vec<Value> {
    engine.asks(&json!(statement).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn clickhouse_gets_a_row_for_each_span_and_says_what_its_table_lacks() {
    let Some(mut engine) = ForeignReceiver::start(ENGINE) else { return };
    let (app, cookie) = reaching(engine.address()).await;
    let (host, user, password) =
        (engine.told["endpoint"].clone(), engine.told["user"].clone(), engine.told["password"].clone());
    let submit = async |password: &str, table: &str| {
        let form = [
            ("name", "Rows"),
            ("host", host.as_str()),
            ("database", "default"),
            ("username", &user),
            ("password", password),
            ("table", table),
        ];
        app.posts_form(&cookie, CLICKHOUSE, &form).await
    };
    for (password, table, words) in [
        ("wrong", "OPENROUTER_TRACES", "Enter them again"),
        (password.as_str(), "OPENROUTER_TRACES", "Make it with the statement"),
        (&password, "a`b", "Table must"),
    ] {
        let refused = submit(password, table).await;
        assert!(refused.status == 422 && refused.text.contains(words), "{words}: {}", refused.text);
    }
    // A table of another's making, without some of the columns.
    let lacking = create_table("default", "SMALL").replace("  TAGS Array(String),\n", "");
    rows(&mut engine, &lacking);
    let stored = submit(&password, "SMALL").await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let page = app.gets(&cookie, &stored.location).await;
    assert!(page.text.contains("lacks columns") && page.text.contains("TAGS"), "{}", page.text);

    rows(&mut engine, &create_table("default", "OPENROUTER_TRACES"));
    let stored = submit(&password, "OPENROUTER_TRACES").await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    let of_trace =
        "SELECT * FROM default.OPENROUTER_TRACES FINAL WHERE TRACE_NAME = 'Error Analysis Agent' FORMAT JSONEachRow";
    let found = eventually("rows", async || Some(rows(&mut engine, of_trace)).filter(|rows| !rows.is_empty())).await;
    let generation = found.iter().find(|row| row["SPAN_TYPE"] == "GENERATION").unwrap();
    assert_eq!((&generation["SPAN_NAME"], &generation["API_KEY_NAME"]), (&json!("Analyze Stack Trace"), &json!("app")));
    assert!(generation["INPUT"].as_str().is_some_and(|input| input.starts_with("{\"messages\":[")), "{generation}");
    let sums = rows(
        &mut engine,
        "SELECT count() AS rows, uniqExact(TIMESTAMP) AS times, sum(TOTAL_TOKENS) > 0 AS counted \
         FROM default.OPENROUTER_TRACES FINAL WHERE TRACE_NAME = 'Error Analysis Agent' FORMAT JSONEachRow",
    );
    assert_eq!(
        (sums[0]["times"].to_string(), sums[0]["counted"].to_string()),
        ("1".to_owned(), "1".to_owned()),
        "{sums:?}"
    );
    app.stop().await;
}
