//! A panic while prompts and secrets are in memory: neither its answer nor the log quotes them.

use std::process::Command;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web;
use secrecy::{ExposeSecret as _, SecretString};
use tracecast::config::{Config, Given};
use tracecast::{api, pages, telemetry};

use super::{DSN_KEY, PASSWORD, PROMPT};
use crate::gateway::server::state;
use crate::support::handlers;
use crate::support::http::client;

/// What stands in the program's own text may be told.
const LITERAL: &str = "the words of the program itself";

/// Cutting between the bytes of a character panics, and quotes the text.
async fn cuts(prompt: String) -> String {
    let text = format!("\u{e9}{prompt}");
    text[..1].to_owned()
}

/// An error that quotes what it could not use, unwrapped.
async fn unwraps(secret: web::Data<SecretString>) -> String {
    let number = secret.expose_secret().parse::<u8>();
    number.map_err(|_| format!("no such key: {}", secret.expose_secret())).unwrap().to_string()
}

/// On another thread, as passwords are hashed.
async fn blocks() -> String {
    let hashed = tokio::task::spawn_blocking(|| -> String { panic!("cannot hash {PASSWORD}") }).await;
    hashed.unwrap_or_else(|_| panic!("{}", LITERAL))
}

async fn says() -> String {
    panic!("the words of the program itself")
}

fn routes(config: &mut web::ServiceConfig) {
    config.route("/cuts", web::post().to(cuts)).route("/unwraps", web::post().to(unwraps));
    config.route("/blocks", web::post().to(blocks)).route("/says", web::post().to(says));
}

/// In a process of its own, because what a panic writes concerns the whole process.
#[test]
fn a_panic_quotes_neither_what_was_processed_nor_what_was_opened() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "canaries::panics::answers_while_it_panics", "--ignored", "--nocapture"]);
    let output = child.env("TRACECAST_LOG", "trace").env("RUST_BACKTRACE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    let told = said.matches("a part of the program panicked").count();
    assert_eq!(told, 10, "four panics behind pages, four behind the API, and one more each on another thread\n{said}");
    assert!(said.contains("panics.rs:") && said.contains(LITERAL), "the operator reads where, and the program's words");
    for canary in [PROMPT, DSN_KEY, PASSWORD] {
        assert!(!said.contains(canary), "{canary}:\n{said}");
    }
}

#[actix_web::test]
#[ignore = "a part of the test above, which starts it"]
async fn answers_while_it_panics() {
    telemetry::start();
    let config = Arc::new(Config::parse(&Given::defaults()).unwrap());
    let state = state(config, "postgres://nobody@127.0.0.1:1/nothing");
    let (url, handle) = handlers::serve(state, |config| {
        config.app_data(web::Data::new(SecretString::from(DSN_KEY)));
        config.service(web::scope("/api").wrap(from_fn(api::edge::edge)).configure(routes));
        config.service(web::scope("").wrap(from_fn(pages::edge::edge)).configure(routes));
    });
    for path in ["/cuts", "/unwraps", "/blocks", "/says", "/api/cuts", "/api/unwraps", "/api/blocks", "/api/says"] {
        let answer = client().post(format!("{url}{path}")).body(PROMPT).send().await.unwrap();
        assert_eq!(answer.status(), 500, "{path}");
        let text = answer.text().await.unwrap();
        for canary in [PROMPT, DSN_KEY, PASSWORD, LITERAL, "panic"] {
            assert!(!text.contains(canary), "{path}: {canary}: {text}");
        }
    }
    handle.stop(true).await;
}
