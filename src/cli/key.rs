//! `key …`: what an operator does with the sealing keys.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::failure::Failure;
use crate::app::App;
use crate::config::Config;
use crate::key_rotation::{self, Progress};
use crate::lost_key::{self, Sealed};
use crate::seal::KeyId;
use crate::state::State;
use crate::store::sealed::{COLUMNS, count_by_key};

pub(super) fn command() -> Command {
    Command::new("key")
        .about("List, change and forget sealing keys")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Print which keys there are, and how many stored secrets each has sealed"))
        .subcommand(
            Command::new("rotate")
                .about("Seal all stored secrets again with the first key of TRACECAST_KEYS, while the program runs")
                .after_help(
                    "Put the new key before the old one, restart every process with both, and run this. It may be cut off \
                     and run again at any time. When it says that all is done, the old key can go.",
                ),
        )
        .subcommand(
            Command::new("forget")
                .about("Give up the stored secrets of a key that is lost for good, so that the program starts again")
                .arg(Arg::new("key").required(true).value_name("KEY").help("The key's name, as `key list` prints it"))
                .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do it; else it is only told"))
                .after_help(
                    "Destinations need attention until somebody enters their secret again; their requests wait meanwhile. \
                     People with a second factor need a recovery code, or `admin remove-second-factor`. It may be cut off \
                     and run again at any time.",
                ),
        )
}

pub(super) async fn run(config: Config, matches: &ArgMatches) -> Result<(), Failure> {
    let app = match matches.subcommand_name() {
        Some("rotate") => App::build(config).await?,
        _ => App::build_without_lost_keys(config).await?,
    };
    let state = app.state("tracecast key", 2)?;
    let done = match matches.subcommand() {
        Some(("rotate", _)) => rotate(&state).await,
        Some(("list", _)) => list(&state).await,
        Some(("forget", matches)) => forget(&state, matches).await,
        _ => Err(Failure::Said("there is no such command; see key --help".to_owned())),
    };
    state.store.close().await;
    app.close().await;
    done
}

async fn list(state: &State) -> Result<(), Failure> {
    let mut counted: Vec<(KeyId, u64)> = state.keyring.ids().map(|key| (key, 0)).collect();
    for column in COLUMNS {
        for (key, secrets) in count_by_key(&state.store, *column).await? {
            let Some(key) = key else { continue };
            match counted.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += secrets,
                None => counted.push((key, secrets)),
            }
        }
    }
    for (key, secrets) in counted {
        let standing = match (key == state.keyring.sealing(), state.keyring.has(key)) {
            (true, _) => "seals",
            (false, true) => "opens",
            (false, false) => "missing",
        };
        println!("{key}  {standing:<7}  {secrets} secret(s)");
    }
    Ok(())
}

async fn forget(state: &State, matches: &ArgMatches) -> Result<(), Failure> {
    let text = matches.get_one::<String>("key").map(String::as_str).unwrap_or_default();
    let key = KeyId::parse(text)
        .ok_or_else(|| Failure::Said(format!("`{text}` is no key's name; `tracecast key list` prints them")))?;
    let said = |error: lost_key::Error| Failure::Said(error.to_string());
    let found = lost_key::find(state, key).await.map_err(said)?;
    if found.is_nothing() {
        println!("No stored secret is sealed with the key {key}.");
        return Ok(());
    }
    if !matches.get_flag("yes") {
        println!("With the key {key} are sealed: {}. Nothing was changed.", in_words(found));
        println!("If it is lost for good, give them up: tracecast key forget {key} --yes");
        return Ok(());
    }
    let given_up = lost_key::give_up(state, key).await.map_err(said)?;
    println!("Given up: {}.", in_words(given_up));
    println!("Destinations need attention until their secret is entered again; second factors, a recovery code or");
    println!("`tracecast admin remove-second-factor`.");
    Ok(())
}

fn in_words(sealed: Sealed) -> String {
    format!("{} destination(s), {} second factor(s)", sealed.destinations, sealed.second_factors)
}

async fn rotate(state: &State) -> Result<(), Failure> {
    let key = state.keyring.sealing();
    let print = |progress: Progress| println!("{} sealed again, {} left", progress.resealed, progress.left);
    let done = key_rotation::rotate(&state.store, &state.keyring, print).await;
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
