//! Large answers, and callers that read them slowly.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::server::{Server, client, question, question_with};
use super::upstream::{ModelServer, Script};
use crate::support::database::Database;
use crate::support::keys::key;
use crate::support::program::Program;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_answer_of_20_mb_passes_whole_with_our_id() {
    let content = "x".repeat(20_000_000);
    let message = json!({ "role": "assistant", "content": content });
    let answer = json!({ "id": "c", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] });
    let upstream = ModelServer::start([Script::json(200, &answer)]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question()).await;
    let body: Value = got.json();
    assert_eq!((got.status, &body["id"]), (200, &json!(got.header("x-generation-id"))));
    assert_eq!(body["choices"][0]["message"]["content"].as_str().map(str::len), Some(content.len()));
    assert_eq!(server.record().await["ending"], "completed");
}

#[tokio::test]
async fn ten_thousand_deltas_come_together() {
    let delta = |content: &str| json!({ "choices": [{ "index": 0, "delta": { "content": content } }] });
    let words: String =
        (0..10_000).map(|number| format!("data: {}\n\n", delta(&format!("{} ", number % 10)))).collect();
    let finish = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let upstream = ModelServer::start([Script::stream().bytes(&words).event(&finish).done()]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question_with(&json!({ "stream": true }))).await;
    let said: String =
        got.events().iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    let expected = "0 1 2 3 4 5 6 7 8 9 ".repeat(1_000);
    assert_eq!(said, expected);
    assert!(server.record().await["content"]["output"].to_string().contains(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_of_a_long_stream_takes_little_memory() {
    const CHUNKS: usize = 640;
    let content = "x".repeat(64 * 1024);
    let word = json!({ "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] });
    let finish = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let script = (0..CHUNKS).fold(Script::stream(), |script, _| script.event(&word)).event(&finish).done();
    let upstream = ModelServer::start([script]).await;
    let database = Database::new().await;
    let key = key(&database).await;
    let program = Program::serve(&[("DATABASE_URL", &database.url), ("UPSTREAM_BASE_URL", &upstream.base_url)]);
    let ask = client().post(format!("{}/v1/chat/completions", program.url())).bearer_auth(&key);
    let before = program.most_memory();
    let response = ask.json(&question_with(&json!({ "stream": true }))).send().await.unwrap();
    let mut pieces = response.bytes_stream();
    let mut first = pieces.next().await.unwrap().unwrap().to_vec();
    // The caller reads no further for a while, in which the model server sends as much as anybody takes.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let taken = program.most_memory() - before;
    println!("{} KiB more than before, for a stream of {} MiB", taken / 1024, CHUNKS * content.len() / MIB);
    assert!(taken < 20 * MIB, "{} MiB", taken / MIB);
    while let Some(piece) = pieces.next().await {
        first = piece.unwrap().to_vec();
    }
    assert!(first.ends_with(b"data: [DONE]\n\n"));
}
