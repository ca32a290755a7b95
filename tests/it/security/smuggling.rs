//! Requests whose end two servers could see in different places (RFC 9112, 11.2): refused or closed, never two answers.

use std::time::Duration;

use super::edge::says;
use crate::support::app::TestApp;

/// What a second request would look like, hidden in the body of the first.
const HIDDEN: &str = "GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Heads that leave open where the body ends.
const AMBIGUOUS: [(&str, &str); 18] = [
    ("both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    ("both lengths, turned", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("two different lengths", "Content-Length: 5\r\nContent-Length: 0\r\n"),
    ("two different lengths, turned", "Content-Length: 0\r\nContent-Length: 5\r\n"),
    ("a list of lengths", "Content-Length: 0, 5\r\n"),
    ("a signed length", "Content-Length: +0\r\n"),
    ("a negative length", "Content-Length: -1\r\n"),
    ("a hexadecimal length", "Content-Length: 0x0\r\n"),
    ("an endless length", "Content-Length: 99999999999999999999999\r\n"),
    ("a length with a space", "Content-Length : 0\r\n"),
    ("an encoding with a space", "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n"),
    ("an unknown encoding", "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n"),
    ("two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n"),
    ("chunked is not the last", "Transfer-Encoding: chunked, identity\r\nContent-Length: 0\r\n"),
    ("a folded encoding", "Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n"),
    ("a folded header", "X-Folded: a\r\n Content-Length: 5\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    ("an encoding behind a vertical tab", "Transfer-Encoding: \x0bchunked\r\nContent-Length: 0\r\n"),
    ("a header with a NUL", "X-Nul: a\0b\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
];

fn answers(heard: &str) -> usize {
    heard.matches("HTTP/1.").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_that_are_plain_get_two_answers() {
    let app = TestApp::start().await;
    let first = "GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let heard = says(&app, format!("{first}{HIDDEN}").as_bytes(), Duration::from_secs(5)).await;
    assert_eq!(answers(&heard), 2, "else the tests below prove nothing: {heard}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_two_ends_gets_one_answer_at_most() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for (what, head) in AMBIGUOUS {
        for body in [format!("0\r\n\r\n{HIDDEN}"), format!("5\r\nhello\r\n0\r\n\r\n{HIDDEN}"), HIDDEN.to_owned()] {
            let start = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
                         Content-Type: application/x-www-form-urlencoded\r\n";
            let heard = says(&app, format!("{start}{head}\r\n{body}").as_bytes(), Duration::from_secs(2)).await;
            if answers(&heard) > 1 || heard.starts_with("HTTP/1.1 5") || heard.starts_with("HTTP/1.1 2") {
                let lines: Vec<_> = heard.lines().filter(|line| line.starts_with("HTTP/1.")).collect();
                wrong.push(format!("{what}, then {:?}: {lines:?}", body.chars().take(12).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_chunks_and_versions_out_of_shape_get_no_page() {
    let app = TestApp::start().await;
    let chunked = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (what, bytes) in [
        ("a chunk of no size", format!("{chunked}zz\r\n{HIDDEN}")),
        ("a chunk of a size beyond all", format!("{chunked}fffffffffffffffff\r\n{HIDDEN}")),
        ("a chunk without its end", format!("{chunked}1\r\naXX0\r\n\r\n{HIDDEN}")),
        ("a negative chunk", format!("{chunked}-1\r\n{HIDDEN}")),
        ("no version", "GET /sign-in\r\n\r\n".to_owned()),
        ("another version", "GET /sign-in HTTP/9.9\r\nHost: localhost\r\n\r\n".to_owned()),
        ("no method", "/sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
        ("a space in the target", "GET /sign in HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
        ("a header without a name", "GET /sign-in HTTP/1.1\r\n: x\r\nHost: localhost\r\n\r\n".to_owned()),
    ] {
        let heard = says(&app, bytes.as_bytes(), Duration::from_secs(2)).await;
        assert!(
            answers(&heard) <= 1 && !heard.starts_with("HTTP/1.1 2") && !heard.starts_with("HTTP/1.1 5"),
            "{what}: {heard}"
        );
    }
    app.stop().await;
}
