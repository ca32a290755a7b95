//! Bodies whose chunks are malformed are refused; callers who go away in the middle of one are not taken for that.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::server::Server;

/// What no chunk can look like, behind a chunk that is well.
const MALFORMED: [(&str, &str); 7] = [
    ("no size", "zz\r\nhello\r\n0\r\n\r\n"),
    ("a size beyond all", "fffffffffffffffff\r\n"),
    ("a negative size", "-1\r\n"),
    ("a chunk that is longer than its size", "1\r\naXX0\r\n\r\n"),
    ("a size without its line end", "5\rhello\r\n"),
    ("a control character in an extension", "5;a=\x01\r\nhello\r\n"),
    ("an end that is none", "0\r\n\rX"),
];

fn head(server: &Server) -> String {
    format!(
        "POST /api/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{{\"mode\"\r\n",
        server.key
    )
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// What the server says until it closes the connection.
async fn hears(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    // A connection that is reset, or stays silent, has said what it had to say.
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut heard)).await;
    String::from_utf8(heard).unwrap()
}

/// One answer, of status 400 in the envelope.
fn refuses(heard: &str, what: &str) {
    assert!(heard.starts_with("HTTP/1.1 400") && heard.matches("HTTP/1.1").count() == 1, "{what}: {heard}");
    let envelope: Value = serde_json::from_str(heard.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(envelope["error"]["code"], 400, "{what}");
    assert!(envelope["error"]["message"].as_str().unwrap().contains("malformed"), "{what}: {envelope}");
}

#[tokio::test]
async fn malformed_chunks_that_come_with_the_head_are_refused() {
    let server = Server::start().await;
    for (what, chunk) in MALFORMED {
        let mut stream = connect(&server).await;
        stream.write_all(format!("{}{chunk}", head(&server)).as_bytes()).await.unwrap();
        refuses(&hears(stream).await, what);
    }
}

#[tokio::test]
async fn malformed_chunks_that_come_later_are_refused_and_recorded() {
    let server = Server::start().await;
    for pause in [50, 500, 5_000, 50_000] {
        let mut stream = connect(&server).await;
        stream.write_all(head(&server).as_bytes()).await.unwrap();
        // Nothing tells when the key is known and the body is waited for; before, nobody's request could be recorded.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        stream.write_all(b"zz\r\n").await.unwrap();
        let heard = hears(stream).await;
        refuses(&heard, "later");
        if heard.contains("x-generation-id") {
            let record = server.record().await;
            assert_eq!(
                (&record["status"], &record["ending"]["failed"]["kind"]),
                (&json!(400), &json!("invalid_request"))
            );
            return;
        }
    }
    panic!("the key is never known");
}

#[tokio::test]
async fn a_caller_that_leaves_between_two_chunks_is_recorded_as_cancelled() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    stream.write_all(head(&server).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    let record = server.record().await;
    assert_eq!((&record["status"], &record["ending"]), (&json!(499), &json!("cancelled")));
}
