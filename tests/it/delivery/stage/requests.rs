//! Completed requests as a gateway records them, and copies of them by the database.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::value::RawValue;
use sqlx::{Connection as _, PgConnection};
use tracecast::clock::{Clock, UnixNanos};
use tracecast::completed_request::content::Content;
use tracecast::completed_request::{
    CompletedRequest, Cost, Ending, GenerationId, Operation, Parameters, ResponseFacts, Times, TraceContext, Usage,
};
use tracecast::completion::Choice;
use tracecast::id::AccountId;
use tracecast::openai::content::{ChatParts, of_chat};
use tracecast::store::log::CHANNEL;

/// In one transaction: a long one would hold back every reader of the cluster.
pub(super) const COPIES_AT_ONCE: usize = 5_000;

pub(super) fn request(name: &str) -> CompletedRequest<'static> {
    let answered = Clock::System.unix_nanos();
    let before = |milliseconds: u64| UnixNanos(answered.0 - milliseconds * 1_000_000);
    CompletedRequest {
        id: GenerationId::given(name),
        operation: Operation::Chat,
        route: "/api/v1/chat/completions".into(),
        times: Times {
            received: before(1_250),
            answered,
            upstream_begun: Some(before(1_230)),
            first_chunk: None,
            upstream_ended: Some(before(10)),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context: TraceContext::default(),
        request_model: "openai/gpt-4o".into(),
        parameters: Parameters::default(),
        response: ResponseFacts { provider: Some("openai".into()), ..ResponseFacts::default() },
        usage: Usage { input: Some(12), output: Some(5), ..Usage::default() },
        cost: Cost { total: Some(0.000_08), ..Cost::default() },
        failed_attempts: Vec::new(),
        refused: None,
    }
}

pub(super) fn content() -> Content {
    asking("What is the capital of France?")
}

/// Some 100 kB.
pub(super) fn large_content() -> Content {
    asking(&"What is the capital of France? ".repeat(3_300))
}

fn asking(question: &str) -> Content {
    let messages = RawValue::from_string(format!(r#"[{{"role":"user","content":"{question}"}}]"#)).unwrap();
    let answer = Choice { text: "Paris.".into(), ..Choice::default() };
    of_chat(ChatParts { messages: Some(&messages), tools: None }, &[answer])
}

/// Copies the row of `template` under other names of the same length, which replace its own within the bytes.
pub(super) async fn copy(
    connection: &mut PgConnection,
    account: AccountId,
    (prefix, template): (&str, &str),
    numbers: RangeInclusive<usize>,
) {
    let (first, last) = (i64::try_from(*numbers.start()).unwrap(), i64::try_from(*numbers.end()).unwrap());
    let copied = sqlx::query(
        "INSERT INTO completed_requests
             (account_id, completed_at, generation_id, model, status, tokens, cost, broadcast, format, payload, content)
         SELECT account_id, completed_at, n.name, model, status, tokens, cost, broadcast, format,
                decode(replace(encode(payload, 'hex'), encode(convert_to($2, 'UTF8'), 'hex'),
                               encode(convert_to(n.name, 'UTF8'), 'hex')), 'hex'), content
         FROM completed_requests,
              LATERAL (SELECT 'gen-' || $3 || '-' || lpad(number::text, 7, '0') AS name
                       FROM generate_series($4, $5) number ORDER BY number) n
         WHERE account_id = $1 AND generation_id = $2",
    );
    let copied = copied.bind(account.0).bind(template).bind(prefix).bind(first).bind(last);
    let copied = copied.execute(connection).await.unwrap().rows_affected();
    assert_eq!(usize::try_from(copied).unwrap(), numbers.count());
}

/// A foreign writer of an account's log, which takes its time.
pub(crate) struct Writing {
    pub(crate) url: String,
    pub(crate) account: AccountId,
    pub(crate) template: String,
}

impl Writing {
    /// Writes one entry, waits, and then commits, with a notification, or rolls back.
    pub(crate) async fn write(&self, (prefix, number): (&str, usize), pause: Duration, commits: bool) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query("SET LOCAL app.upkeep = 'on'").execute(&mut *transaction).await.unwrap();
        copy(&mut transaction, self.account, (prefix, &self.template), number..=number).await;
        let notification = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(self.account.to_string());
        notification.execute(&mut *transaction).await.unwrap();
        tokio::time::sleep(pause).await;
        if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
    }
}
