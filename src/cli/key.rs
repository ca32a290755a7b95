//! `key …`: what an operator does with the sealing keys.

use clap::{ArgMatches, Command};

use super::Failure;
use crate::app::App;
use crate::config::Config;
use crate::key_rotation::{self, Progress};
use crate::state::State;

pub(super) fn command() -> Command {
    Command::new("key").about("Change the sealing key").subcommand_required(true).subcommand(
        Command::new("rotate")
            .about("Seal all stored secrets again with the first key of TRACECAST_KEYS, while the program runs")
            .after_help(
                "Put the new key before the old one, restart every process with both, and run this. It may be cut off and \
                 run again at any time. When it says that all is done, the old key can go.",
            ),
    )
}

pub(super) async fn run(config: Config, matches: &ArgMatches) -> Result<(), Failure> {
    let app = App::build(config).await?;
    let state = app.state("tracecast key", 2)?;
    let done = match matches.subcommand() {
        Some(("rotate", _)) => rotate(&state).await,
        _ => Err(Failure::Said("there is no such command; see key --help".to_owned())),
    };
    state.store.close().await;
    app.close().await;
    done
}

async fn rotate(state: &State) -> Result<(), Failure> {
    let key = state.keyring.sealing();
    let tell = |progress: Progress| println!("{} sealed again, {} left", progress.resealed, progress.left);
    let done = key_rotation::rotate(&state.store, &state.keyring, tell).await;
    let done = done.map_err(|error| Failure::Said(error.to_string()))?;
    if done.unopened > 0 {
        return Err(Failure::Said(format!(
            "{} stored secret(s) do not open and were left as they are; the log names their places. A destination's secret has \
             to be entered again in its form, a person's second factor has to be set up again.",
            done.unopened
        )));
    }
    if done.left > 0 {
        return Err(Failure::Said(format!(
            "{} secret(s) were sealed with an older key meanwhile. Restart every process with {key} as the first key, and run \
             this again.",
            done.left
        )));
    }
    println!("All secrets are sealed with the key {key}. The other keys can be removed.");
    Ok(())
}
