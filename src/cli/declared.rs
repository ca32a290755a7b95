//! `export` and `apply`: the destinations of an account as a file in somebody's repository, over the API.

mod apply;
mod entry;
mod export;
mod members;
mod plan;
mod print;
mod server;
mod variables;
mod yaml;

use std::fs;

use clap::{Arg, ArgAction, ArgMatches, Command};
use secrecy::SecretString;

use self::entry::Declared;
use self::plan::Plan;
use self::server::Server;
use self::yaml::{Document, Mistake};
use super::failure::Failure;

pub(super) fn commands() -> [Command; 2] {
    let export = Command::new("export")
        .about("Print the destinations of an account as a file for `apply`, without their secrets");
    let apply = Command::new("apply")
        .about("Show what a file would change of an account's destinations; with --yes, change it")
        .arg(Arg::new("file").required(true).value_name("FILE").help("YAML, as `export` prints it"))
        .arg(flag("yes", "Change it. Each new or changed connection is tested first"))
        .arg(flag("prune", "Delete destinations that are not in the file"));
    [export, apply].map(|command| command.args(whose()))
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// Which server is asked, in whose name.
fn whose() -> [Arg; 2] {
    let server = Arg::new("server")
        .long("server")
        .env("TRACECAST_SERVER")
        .value_name("URL")
        .default_value("http://localhost:8080")
        .help("The address of the server");
    let key = Arg::new("management-key")
        .long("management-key")
        .env("TRACECAST_MANAGEMENT_KEY")
        .hide_env_values(true)
        .value_name("KEY")
        .required(true)
        .help("A management key of the account. In the environment, other users of this machine do not see it");
    [server, key]
}

pub(super) async fn export(matches: &ArgMatches) -> Result<(), Failure> {
    let account = server(matches)?.account().await?;
    print!("{}", export::written(&account)?);
    Ok(())
}

pub(super) async fn apply(matches: &ArgMatches) -> Result<(), Failure> {
    let path = text(matches, "file");
    let read = fs::read_to_string(path).map_err(|error| Failure::Said(format!("{path} cannot be read: {error}")))?;
    let said = |mistakes: &[Mistake]| Failure::Said(yaml::listed(path, mistakes));
    let document = Document::parse(&read).map_err(|mistake| said(&[mistake]))?;
    let declared = Declared::read(&document, &variables::of_process).map_err(|mistakes| said(&mistakes))?;
    let server = server(matches)?;
    let account = server.account().await?;
    let plan = Plan::new(&declared, &account, matches.get_flag("prune")).map_err(|mistakes| said(&mistakes))?;
    print!("{}", print::plan(&plan));
    match (plan.is_nothing(), matches.get_flag("yes")) {
        (true, _) => println!("Everything is as the file says."),
        (false, false) => println!("Nothing was changed. Run it again with --yes."),
        (false, true) => apply::run(&server, &account, &plan).await?,
    }
    Ok(())
}

fn server(matches: &ArgMatches) -> Result<Server, Failure> {
    Server::new(text(matches, "server"), SecretString::from(text(matches, "management-key")))
}

fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}
