//! What is refused is refused with one sentence at one speed, and redirects lead nowhere.

use std::time::{Duration, Instant};

use tracecast::egress::Error;
use url::Url;

use super::{REFUSAL, request, way_out};
use crate::support::listener::Listener;
use crate::support::name_server::NameServer;

/// One for each reason, those that need a look-up and those that do not.
const REFUSED: [&str; 12] = [
    "ftp://example.com/",
    "https://user@example.com/",
    "https://example.com/#x",
    "https://example.com:22/",
    "https://localhost/",
    "https://metadata.google.internal/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://169.254.169.254/",
    "https://leads-to-a-private-address.example/",
    "http://leads-to-a-private-address.example:4318/",
];

#[tokio::test]
async fn every_refusal_says_the_same_and_takes_its_time() {
    let names = NameServer::start(&["127.0.0.1"]);
    let egress = way_out(&names);
    for url in REFUSED {
        let begun = Instant::now();
        let error = egress.send(&request(url)).await.unwrap_err();
        // A lower bound only: a refusal that skipped the wait would be far below it on any machine.
        assert!(begun.elapsed() >= REFUSAL, "{url}: sent within {:?}", begun.elapsed());
        assert!(matches!(error, Error::Refused(_)), "{url}: {error:?}");
        assert_eq!(error.to_string(), Error::Refused(tracecast::egress::Denial::NoHost).to_string(), "{url}");

        let begun = Instant::now();
        let error = egress.resolve(&Url::parse(url).unwrap()).await.unwrap_err();
        assert!(begun.elapsed() >= REFUSAL, "{url}: looked up within {:?}", begun.elapsed());
        assert!(matches!(error, Error::Refused(_)), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn the_wait_is_longer_than_any_reason_takes_to_be_found() {
    let longest = tracecast::egress::Limits::default().refusal;
    assert!(longest >= Duration::from_millis(500));
}

#[tokio::test]
async fn no_redirect_is_followed_whatever_its_status() {
    let private = Listener::start("127.0.0.1:0");
    let names = NameServer::start(&["127.0.0.2"]);
    let egress = way_out(&names);
    for status in [300, 301, 302, 303, 305, 307, 308] {
        let target = format!("http://{}/", private.address);
        let answer = format!(
            "HTTP/1.1 {status} X\r\nlocation: {target}\r\nrefresh: 0;url={target}\r\ncontent-length: 0\r\n\r\n"
        );
        let public = Listener::answering("127.0.0.2:0", answer);
        let url = format!("http://receiver.example:{}/", public.address.port());
        assert_eq!(egress.send(&request(&url)).await.unwrap().status, status);
        assert_eq!(public.requests(), 1);
    }
    assert_eq!(private.connections(), 0);
}
