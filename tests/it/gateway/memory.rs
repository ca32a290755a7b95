//! One key cannot take the memory of all: what requests in flight hold is bounded, measured at the real program.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Got, Server, client, got, question_with};
use crate::support::database::Database;
use crate::support::keys::key;
use crate::support::program::Program;

const MIB: usize = 1024 * 1024;
const BUDGET: usize = 64 * MIB;
/// Beside the budget: what a hundred connections have anyway, small buffers while they grow, and what the allocator keeps.
const SLACK: usize = 96 * MIB;
/// What each connection sends of 19 MB.
const SENT: usize = 18_000_000;

/// Sends 18 of 19 MB and keeps the connection, or gives the answer that came instead. Every second sender does not say how much
/// it will be.
async fn sends(url: &str, key: &str, number: usize) -> Result<TcpStream, String> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let length = if number.is_multiple_of(2) { "content-length: 19000000" } else { "transfer-encoding: chunked" };
    let begin = if number.is_multiple_of(2) { "" } else { "121eac0\r\n" };
    let head = format!(
        "POST /api/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\n{length}\r\n\r\n{begin}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut answers, mut body) = stream.split();
    let mut answer = vec![0; 4_096];
    let all = async {
        let piece = vec![b' '; 100_000];
        for _ in 0..SENT / piece.len() {
            if body.write_all(&piece).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        biased;
        length = answers.read(&mut answer) => {
            answer.truncate(length.unwrap_or_default());
            Err(String::from_utf8(answer).unwrap())
        }
        () = all => Ok(stream),
    }
}

/// Asks with a body of so many bytes.
async fn asks(url: &str, key: &str, bytes: usize) -> Got {
    let request = client().post(format!("{url}/api/v1/chat/completions")).bearer_auth(key);
    let body = json!({ "messages": [{ "role": "user", "content": "x".repeat(bytes) }] }).to_string();
    got(request.header("content-type", "application/json").body(body)).await
}

fn is_told_to_come_again(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 5"), "{answer}");
    let envelope: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(envelope["error"]["code"], 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_bodies_of_one_key_take_no_more_than_its_share_and_others_go_on() {
    let database = Database::new().await;
    let (greedy, other) = (key(&database).await, key(&database).await);
    let program = Program::serve(&[("DATABASE_URL", &database.url), ("TRACECAST_BODY_BUDGET", "64MiB")]);
    let url = program.url();
    assert_eq!(asks(&url, &other, 10).await.status, 200);
    let before = program.most_memory();

    let senders = join_all((0..100).map(|number| sends(&url, &greedy, number))).await;
    let (held, answered): (Vec<_>, Vec<_>) = senders.into_iter().partition(Result::is_ok);
    // Two fit into the share; what others have sent may still lie in the system's buffers.
    assert!(answered.len() > 90, "only {} were told to come again", answered.len());
    for answer in answered {
        is_told_to_come_again(&answer.unwrap_err());
    }
    let taken = program.most_memory() - before;
    println!("{} MiB more than before, with a budget of {} MiB", taken / MIB, BUDGET / MIB);
    assert!(taken <= BUDGET + SLACK, "{} MiB", taken / MIB);
    assert_eq!(asks(&url, &other, 1_000_000).await.status, 200, "another key goes on");

    // What is dropped is given back.
    drop(held);
    for _ in 0..600 {
        match asks(&url, &greedy, 19_000_000).await.status {
            200 => return,
            status => assert_eq!(status, 503),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is given back: {}", program.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_many_keys_take_no_more_than_the_budget() {
    let database = Database::new().await;
    let keys = join_all((0..10).map(|_| key(&database))).await;
    let program = Program::serve(&[("DATABASE_URL", &database.url), ("TRACECAST_BODY_BUDGET", "64MiB")]);
    let url = program.url();
    assert_eq!(asks(&url, &keys[0], 10).await.status, 200);
    let before = program.most_memory();
    let senders = join_all((0..100).map(|number| sends(&url, &keys[number % keys.len()], number))).await;
    for answer in senders.iter().filter_map(|sender| sender.as_ref().err()) {
        is_told_to_come_again(answer);
    }
    let taken = program.most_memory() - before;
    println!("{} MiB more than before, with a budget of {} MiB", taken / MIB, BUDGET / MIB);
    assert!(taken <= BUDGET + SLACK, "{} MiB", taken / MIB);
}

#[tokio::test]
async fn a_body_that_waits_for_the_model_counts_as_it_came_and_as_it_is_passed_on() {
    // Connections are made, and nobody ever reads.
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}/v1", deaf.local_addr().unwrap());
    let server = Server::with(&[("upstream-base-url", &upstream), ("body-budget", "64MiB")]).await;
    let large = question_with(&json!({ "padding": "x".repeat(SENT) }));
    let waiting = server.asking().json(&large).send();
    tokio::pin!(waiting);
    // Of the share of 44 MiB the first holds 36 MB, once its body is passed on.
    let reached = async {
        let (stream, _) = deaf.accept().await.unwrap();
        stream
    };
    let _stream = tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        stream = reached => stream,
    };
    let refused = server.asks(&large).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert!(refused.error().contains("share of this server's memory"), "{}", refused.text);
    let record = server.record().await;
    assert_eq!((&record["status"], &record["ending"]["failed"]["kind"]), (&json!(503), &json!("no_room")));
}

#[tokio::test]
async fn an_answer_gives_back_what_its_request_held() {
    let server = Server::with(&[("body-budget", "64MiB")]).await;
    let large = question_with(&json!({ "padding": "x".repeat(SENT) }));
    // Five times the share of the key.
    for _ in 0..10 {
        assert_eq!(server.asks(&large).await.status, 200);
    }
}
