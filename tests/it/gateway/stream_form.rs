//! The form of streams: what the caller reads does not depend on the pieces in which the bytes came.

use serde_json::{Value, json};

use super::server::{Got, Server, begun, question_with};
use super::upstream::{ModelServer, Script};

fn chunk(content: &str, finish_reason: Option<&str>) -> Value {
    json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": finish_reason }] })
}

fn streaming() -> Value {
    question_with(&json!({ "stream": true }))
}

async fn asks(script: Script) -> (Got, Value) {
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&streaming()).await;
    let record = server.record().await;
    (got, record.0)
}

#[tokio::test]
async fn bytes_that_come_one_by_one_make_the_same_events() {
    let word = "안녕 🚀";
    let text = format!(
        "\u{feff}: keep-alive\r\n\r\nevent: message\r\nid: 1\r\ndata: {}\r\n\r\n:\n\ndata:{}\n\ndata: [DONE]\n\n",
        chunk(word, None),
        chunk("!", Some("stop")),
    );
    let (got, record) = asks(Script::byte_by_byte(&text)).await;
    let id = got.header("x-generation-id");
    let data: Vec<&str> = got.text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let words: Vec<Value> = data[..2].iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    assert_eq!(words[0]["choices"][0]["delta"]["content"], word);
    assert!(words.iter().all(|chunk| chunk["id"] == id));
    assert!(got.text.contains("event: message\nid: 1\ndata: {"), "{}", got.text);
    assert!(record["content"]["output"].to_string().contains(&format!("{word}!")));
    assert_eq!(record["ending"], "completed");
}

#[tokio::test]
async fn a_stream_that_is_cut_at_any_byte_is_told_right() {
    let text = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", chunk("Hi", None), chunk("!", Some("stop")));
    let first = text.find("\n\n").unwrap() + 2;
    let finished = first + text[first..].find("\n\n").unwrap() + 2;
    let cuts: Vec<usize> = (0..=text.len()).collect();
    let cut = |at: usize| {
        let script = Script::stream();
        if at == 0 { script } else { script.bytes(&text[..at]) }
    };
    let upstream = ModelServer::start(cuts.iter().map(|at| cut(*at).pause(1))).await;
    let server = Server::before(&upstream.base_url).await;
    for at in cuts {
        let got = server.asks(&streaming()).await;
        let record = server.record().await;
        let is_whole = at >= finished;
        assert_eq!(record["ending"] == "completed", is_whole, "cut at {at}: {record:?}");
        assert_eq!(got.text.ends_with("data: [DONE]\n\n"), is_whole, "cut at {at}: {}", got.text);
        assert_eq!(got.text.contains("\"finish_reason\":\"error\""), !is_whole, "cut at {at}: {}", got.text);
        assert_eq!(got.text.matches("\"Hi\"").count(), usize::from(at >= first), "cut at {at}: {}", got.text);
        // Every line is a field or empty, and every event can be read.
        assert!(got.text.split("\n\n").all(|event| event.is_empty() || event.starts_with("data: ")), "{}", got.text);
        assert!(got.events().iter().all(|event| event["id"] == got.header("x-generation-id")));
    }
}

#[tokio::test]
async fn json_on_several_lines_of_data_can_be_read_by_the_caller() {
    let pretty = serde_json::to_string_pretty(&chunk("Hello", None)).unwrap();
    let lines: String = pretty.lines().map(|line| format!("data: {line}\r\n")).collect();
    let script = Script::stream().bytes(&format!("{lines}\r\n")).event(&chunk("!", Some("stop"))).done();
    let (got, record) = asks(script).await;
    assert!(got.text.lines().all(|line| line.is_empty() || line.starts_with("data: ")), "{}", got.text);
    assert_eq!(got.events()[0]["choices"][0]["delta"]["content"], "Hello");
    assert!(record["content"]["output"].to_string().contains("Hello!"));
}

#[tokio::test]
async fn done_is_written_where_the_upstream_forgot_it() {
    let finish = chunk("Hello", Some("stop"));
    let usage = json!({ "id": "c", "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 1 } });
    let scripts = [
        Script::stream().event(&finish).end(),
        Script::stream().event(&finish).event(&usage).end(),
        // Without the empty line behind the last event, and with a connection that breaks then.
        Script::stream().bytes(&format!("data: {finish}")).end(),
        Script::stream().event(&finish).pause(20),
    ];
    for script in scripts {
        let (got, record) = asks(script).await;
        assert!(got.text.ends_with("}\n\ndata: [DONE]\n\n"), "{}", got.text);
        assert_eq!(got.text.matches("[DONE]").count(), 1);
        assert_eq!(record["ending"], "completed");
    }
}

#[tokio::test]
async fn a_comment_passes_at_once_though_its_event_is_not_whole() {
    let script = Script::stream().bytes("event: a\n").bytes(": PROCESSING\n").then_silence();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(begun(server.asking().json(&streaming())).await.1, ": PROCESSING\n");
}

#[tokio::test]
async fn an_event_that_is_no_utf8_is_read_with_its_text_around() {
    let mut bytes = format!("data: {}\n\n", chunk("caf? au lait", Some("stop"))).into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[place] = 0xe9;
    let script = Script::encoded(200, "text/event-stream", "", &bytes);
    let (got, record) = asks(script).await;
    assert_eq!(got.events()[0]["choices"][0]["delta"]["content"], "caf\u{fffd} au lait");
    assert!(record["content"]["output"].to_string().contains("au lait"));
}
