//! `demo`: everything on one machine, with a receiver that behaves like Sentry's endpoint; with `--seed` there is something on
//! every page.

mod requests;
mod seed;

use std::net::SocketAddr;
use std::pin::pin;

use clap::{Arg, ArgAction, ArgMatches, Command};
use demo_receiver::{Options, Receiver, Running};
use tokio_util::task::TaskTracker;

use self::seed::Seed;
use super::failure::Failure;
use super::serve::until_stopped;
use super::settings::parse;
use super::signals::Signals;

use crate::app::{App, Roles};
use crate::auth;
use crate::config::{Given, Source};
use crate::id::AccountId;
use crate::state::State;
use crate::store::{members, users};
use crate::telemetry;

/// The demo account. Its password is no secret: a demo listens on loopback.
const EMAIL: &str = "demo@example.com";
const PASSWORD: &str = "broadcast every trace";
const ACCOUNT: &str = "Demo";

pub(super) fn command() -> Command {
    Command::new("demo")
        .about("serve, with a demo account and a receiver that behaves like Sentry")
        .arg(
            Arg::new("receiver-bind")
                .long("receiver-bind")
                .default_value("127.0.0.1:8081")
                .help("Address and port of the demo receiver"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .action(ArgAction::SetTrue)
                .help("Fill the demo account: destinations in every state, dead letters, a week of requests"),
        )
}

pub(super) async fn run(given: Given, matches: &ArgMatches) -> Result<(), Failure> {
    let bind = matches.get_one::<String>("receiver-bind").map(String::as_str).unwrap_or_default();
    let bind: SocketAddr =
        bind.parse().map_err(|_| Failure::Said(format!("--receiver-bind: `{bind}` is not an address and port")))?;
    let tasks = TaskTracker::new();
    let mut options = Options::on(bind);
    let given = given.with_default("signup", "open");
    options.tracecast_url = Some(parse(&given)?.public_url.as_str().trim_end_matches('/').to_owned());
    let receiver = Receiver::start(options, &tasks).map_err(|error| Failure::Said(error.to_string()))?;
    let mut signals = Signals::listen()?;
    let app = tokio::select! {
        app = App::build(parse(&reaching(given, &receiver))?) => app?.with_numbers(telemetry::count()),
        () = signals.next() => return Ok(()),
    };
    let state = app.state("tracecast demo", 2)?;
    let account = demo_account(&state).await?;
    let seed = matches.get_flag("seed").then(|| Seed::new(&state, account, &receiver));
    if let Some(seed) = &seed {
        seed.fill().await?;
    }
    let serving = app.serve(Roles { web: true, worker: true })?;
    welcome(&app, &receiver);
    let mut stopping = pin!(until_stopped(&serving, signals));
    let stopped = tokio::select! {
        stopped = &mut stopping => stopped,
        () = add_dead_letters(seed) => stopping.await,
    };
    state.store.close().await;
    receiver.stop().await;
    app.close().await;
    stopped
}

/// Lets traces go to the receiver, which is on loopback and speaks plain http.
fn reaching(given: Given, receiver: &Running) -> Given {
    let own = receiver.address().to_string();
    let allow = given.value("egress-allow").map_or_else(|| own.clone(), |others| format!("{others},{own}"));
    given.with("egress-allow", allow, Source::Command).with("egress-allow-http", "true", Source::Command)
}

/// The demo account, made where it is not there.
async fn demo_account(state: &State) -> Result<AccountId, Failure> {
    let Some(user) = users::find_by_email(&state.store, EMAIL).await? else {
        return Ok(auth::sign_up::create(state, EMAIL, ACCOUNT, PASSWORD.into()).await?);
    };
    let account = members::find_first_account(&state.store, user.id).await?;
    account
        .ok_or_else(|| Failure::Said(format!("{EMAIL} belongs to no account any more. Start with another database.")))
}

/// Those that the seed asks for; they need the worker.
async fn add_dead_letters(seed: Option<Seed<'_>>) {
    let Some(seed) = seed else { return };
    if let Err(error) = seed.add_dead_letters().await {
        tracing::warn!(%error, "the demo account has no dead letters");
    }
}

fn welcome(app: &App, receiver: &Running) {
    let url = app.public_url();
    println!("Tracecast is ready:  {url}");
    println!("Sign in as           {EMAIL}  with  {PASSWORD}");
    println!("The demo receiver:   {}", receiver.url());
    println!("OTLP Traces Endpoint {}", receiver.endpoint());
    println!("Sentry DSN           {}", receiver.dsn());
}
