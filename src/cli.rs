//! The commands. `--help` is the manual.

mod admin;
mod declared;
mod demo;
mod doctor;
mod failure;
mod healthcheck;
mod key;
mod serve;
mod settings;
mod signals;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use self::failure::Failure;
use self::settings::parse;
use crate::app::{App, Roles};
use crate::config::Config;
use crate::telemetry;

/// Runs the command of the process's arguments.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    telemetry::start();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Said(format!("the program cannot start its threads: {error}")))
        .and_then(|runtime| runtime.block_on(dispatch(&matches)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tracecast: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The whole command line.
pub fn command() -> Command {
    Command::new("tracecast")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A self-hosted Broadcast: every completed LLM request of an account becomes an OTLP trace in the tools it chose")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(settings::arguments())
        .subcommand(Command::new("serve").about("Pages, gateway and worker in one process"))
        .subcommand(Command::new("web").about("Pages and gateway only"))
        .subcommand(Command::new("worker").about("The worker only"))
        .subcommand(
            Command::new("migrate").about("Bring the database's schema up to date, then end").arg(
                Arg::new("print-roles")
                    .long("print-roles")
                    .action(ArgAction::SetTrue)
                    .help("Only print the script by which an administrator makes the database roles"),
            ),
        )
        .subcommand(demo::command())
        .subcommand(Command::new("config").about("Print the effective settings and where each came from"))
        .subcommand(Command::new("healthcheck").about("Ask the running server whether it is ready; exit code 0 means yes"))
        .subcommand(doctor::command())
        .subcommand(admin::command())
        .subcommand(key::command())
        .subcommands(declared::commands())
}

async fn dispatch(matches: &ArgMatches) -> Result<(), Failure> {
    let given = settings::given(matches);
    match matches.subcommand() {
        Some(("serve", _)) => serve::run(parse(&given)?, Roles { web: true, worker: true }).await,
        Some(("web", _)) => serve::run(parse(&given)?, Roles { web: true, worker: false }).await,
        Some(("worker", _)) => serve::run(parse(&given)?, Roles { web: false, worker: true }).await,
        Some(("migrate", matches)) => migrate(parse(&given)?, matches.get_flag("print-roles")).await,
        Some(("demo", matches)) => demo::run(given, matches).await,
        Some(("config", _)) => settings::print(&given),
        Some(("doctor", matches)) => doctor::run(&parse(&given)?, matches).await,
        Some(("healthcheck", _)) => healthcheck::run(&parse(&given)?).await,
        Some(("key", matches)) => key::run(parse(&given)?, matches).await,
        Some(("export", matches)) => declared::export(matches).await,
        Some(("apply", matches)) => declared::apply(matches).await,
        Some(("admin", matches)) => admin::run(parse(&given)?, matches).await,
        _ => Err(Failure::Said("there is no such command; see --help".to_owned())),
    }
}

async fn migrate(config: Config, print_roles: bool) -> Result<(), Failure> {
    if print_roles {
        print!("{}", App::roles_script(&config)?);
        return Ok(());
    }
    App::build(config).await?.close().await;
    println!("The database's schema is up to date.");
    Ok(())
}
