//! The address, the statement, and the answers of ClickHouse.

use std::collections::BTreeSet;

use super::super::super::{FieldErrors, Finding, Settings};
use super::*;
use crate::delivery::{Attention, Outcome, WaitReason};
use crate::otlp::answer::Response;

fn connect(others: &[(&str, &str)]) -> Result<Connection, FieldErrors> {
    let host = [(HOST, "https://clickhouse.example.com:8443"), (DATABASE, "default")];
    KIND.connect(&host.iter().chain(others).copied().collect::<Settings>())
}

fn response(status: u16, body: &str) -> Response {
    Response { status, body: body.to_owned().into(), ..Response::default() }
}

#[test]
fn rows_go_to_the_quoted_table_and_the_password_into_a_header() {
    let connection = connect(&[(PASSWORD, "a canary of a password")]).unwrap();
    assert_eq!(
        connection.wire().url().as_str(),
        "https://clickhouse.example.com:8443/?query=INSERT+INTO+%60default%60.%60OPENROUTER_TRACES%60+FORMAT+JSONEachRow\
         &date_time_input_format=best_effort&input_format_skip_unknown_fields=1&wait_end_of_query=1"
    );
    assert_eq!(connection.target(), "clickhouse.example.com:8443/default.OPENROUTER_TRACES");
    assert!(!format!("{connection:?}").contains("canary"));
}

#[test]
fn name_with_a_back_tick_or_a_dot_is_refused_and_would_be_quoted() {
    for name in ["a`b", "`; DROP TABLE x", "a.b", "a b", "1a", "ü", "a\\"] {
        for field in [DATABASE, TABLE] {
            let errors = connect(&[(field, name)]).unwrap_err();
            assert!(errors.on(field).is_some(), "{field} {name}: {errors}");
        }
    }
    assert_eq!(quoted("a`b\\"), "`a\\`b\\\\`");
    assert!(connect(&[(TABLE, &"a".repeat(129))]).is_err());
}

#[test]
fn answer_with_a_number_says_what_to_mend() {
    let connection = connect(&[]).unwrap();
    let outcome = |status, body: &str| connection.outcome(&response(status, body));
    for (status, body, reason) in [
        (403, "Code: 516. DB::Exception: default: Authentication failed", Attention::Forbidden),
        (401, "", Attention::Unauthorized),
        (403, "Code: 497. DB::Exception: default: Not enough privileges", Attention::Forbidden),
        (404, "Code: 60. DB::Exception: Table default.X does not exist", Attention::NotFound),
        (404, "Code: 81. DB::Exception: Database x does not exist", Attention::NotFound),
    ] {
        let outcome = outcome(status, body);
        let same = matches!(&outcome, Outcome::NeedsAttention { reason: found, .. }
            if *found == reason || *found == Attention::Unauthorized);
        assert!(same, "{body}: {outcome:?}");
    }
    for (status, code) in [(500, 252), (500, 241), (400, 159), (500, 202), (503, 209), (500, 210)] {
        let outcome = outcome(status, &format!("Code: {code}. DB::Exception: later"));
        assert!(matches!(outcome, Outcome::Wait { reason: WaitReason::Unavailable, .. }), "{code}: {outcome:?}");
    }
    assert!(matches!(outcome(400, "Code: 27. DB::Exception: Cannot parse input"), Outcome::Refused { .. }));
    assert!(matches!(outcome(500, "Code: 1. DB::Exception: x"), Outcome::Wait { reason: WaitReason::ServerError, .. }));
    assert!(outcome(200, "").is_accepted());
    assert!(!outcome(200, "Code: 27. DB::Exception: too late").is_accepted());
}

#[test]
fn description_names_the_columns_that_are_missing() {
    let without = |missing: &[&str]| {
        let rows = table::columns()
            .filter(|column| !missing.contains(column))
            .map(|column| format!("[\"{column}\",\"String\"]\n"));
        description::read(&response(200, &rows.collect::<String>()))
    };
    assert_eq!(without(&[]), None);
    assert!(matches!(without(&["TAGS", "LEVEL"]), Some(Finding::Warning(text)) if text.contains("LEVEL, TAGS")));
    assert!(matches!(description::read(&response(200, "[\"A\",\"String\"]")), Some(Finding::Failed(_))));
    assert!(matches!(description::read(&response(403, "Code: 497. DB::Exception: no")), Some(Finding::Skipped(_))));
    assert_eq!(description::read(&response(404, "Code: 60. DB::Exception: no")), None);
}

#[test]
fn statement_makes_exactly_the_columns_that_a_row_fills() {
    let statement = create_table("default", "OPENROUTER_TRACES");
    assert!(statement.starts_with("CREATE TABLE IF NOT EXISTS `default`.`OPENROUTER_TRACES` (\n  TRACE_ID String,"));
    let of_table: BTreeSet<_> = table::columns().map(str::to_owned).collect();
    assert_eq!(of_table, crate::rows::lines::columns().into_iter().collect());
}
