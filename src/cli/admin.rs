//! `admin …`: what an operator does from the shell, so that scripts need no browser.

use clap::{Arg, ArgMatches, Command};
use secrecy::{ExposeSecret as _, SecretString};

use super::failure::Failure;
use crate::app::App;
use crate::audit::Actor;
use crate::auth::{self, api_keys};
use crate::config::Config;
use crate::id::AccountId;
use crate::state::State;
use crate::store::accounts;
use crate::token::{self, ApiKeyType};

pub(super) fn command() -> Command {
    let required = |name: &'static str, help: &'static str| Arg::new(name).long(name).required(true).help(help);
    Command::new("admin")
        .about("Create people and keys from the shell")
        .subcommand_required(true)
        .subcommand(
            Command::new("create-user")
                .about("Create a person with an account of their own; prints what is needed to sign in")
                .arg(required("email", "The person's e-mail address"))
                .arg(required("account", "Name of the new account"))
                .arg(
                    Arg::new("password")
                        .long("password")
                        .help("Default: none; a link is printed with which the person sets one"),
                ),
        )
        .subcommand(
            Command::new("reset-password")
                .about("Print a link with which somebody sets a new password; it works once, for a day")
                .arg(required("email", "The person's e-mail address")),
        )
        .subcommand(
            Command::new("remove-second-factor")
                .about("Let somebody who lost their second factor sign in with the password alone")
                .arg(required("email", "The person's e-mail address")),
        )
        .subcommand(
            Command::new("sign-out")
                .about("End every session of somebody, in all browsers, and their open links")
                .arg(required("email", "The person's e-mail address")),
        )
        .subcommand(
            Command::new("create-key")
                .about("Create an API key and print it")
                .arg(required("account", "Name or id of the account"))
                .arg(
                    Arg::new("type")
                        .long("type")
                        .value_parser(ApiKeyType::ALL.map(ApiKeyType::name))
                        .default_value("inference")
                        .help("What the key may do"),
                )
                .arg(Arg::new("name").long("name").default_value("Created from the shell").help("Name of the key")),
        )
}

pub(super) async fn run(config: Config, matches: &ArgMatches) -> Result<(), Failure> {
    let app = App::build(config).await?;
    let state = app.state("tracecast admin", 2)?;
    let done = match matches.subcommand() {
        Some(("create-user", matches)) => create_user(&state, matches).await,
        Some(("reset-password", matches)) => reset_password(&state, text(matches, "email")).await,
        Some(("remove-second-factor", matches)) => remove_second_factor(&state, text(matches, "email")).await,
        Some(("sign-out", matches)) => sign_out(&state, text(matches, "email")).await,
        Some(("create-key", matches)) => create_key(&state, matches).await,
        _ => Err(Failure::Said("there is no such command; see admin --help".to_owned())),
    };
    state.store.close().await;
    app.close().await;
    done
}

async fn create_user(state: &State, matches: &ArgMatches) -> Result<(), Failure> {
    let (email, account) = (text(matches, "email"), text(matches, "account"));
    let given = matches.get_one::<String>("password").map(|password| SecretString::from(password.as_str()));
    let is_given = given.is_some();
    let password = match given {
        Some(password) => password,
        None => token::new_token(state.random).map_err(|error| Failure::Said(error.to_string()))?,
    };
    auth::sign_up::create(state, email, account, password).await?;
    println!("email:    {email}");
    println!("account:  {account}");
    if is_given {
        println!("sign in:  {}sign-in", state.config.public_url);
        return Ok(());
    }
    // No person knows the random password, so none can go on using it (OWASP ASVS 5.0, 6.4.1).
    print!("set a password, within a day: ");
    reset_password(state, email).await
}

async fn reset_password(state: &State, email: &str) -> Result<(), Failure> {
    let token = auth::password_reset::create(state, email).await?.ok_or_else(|| nobody(email))?;
    println!("{}password-reset/{}", state.config.public_url, token.expose_secret());
    Ok(())
}

async fn remove_second_factor(state: &State, email: &str) -> Result<(), Failure> {
    if !auth::second_factor::remove_by_operator(state, email).await? {
        return Err(nobody(email));
    }
    println!("{email} signs in with the password alone now.");
    Ok(())
}

async fn sign_out(state: &State, email: &str) -> Result<(), Failure> {
    if !auth::session::end_all_by_operator(state, email).await? {
        return Err(nobody(email));
    }
    println!("{email} is signed out everywhere.");
    Ok(())
}

fn nobody(email: &str) -> Failure {
    Failure::Said(format!("nobody signs in with `{email}`"))
}

async fn create_key(state: &State, matches: &ArgMatches) -> Result<(), Failure> {
    let account = account(state, text(matches, "account")).await?;
    let key_type = ApiKeyType::from_name(text(matches, "type")).unwrap_or(ApiKeyType::Inference);
    let key = api_keys::create(state, &Actor::operator(account), key_type, text(matches, "name")).await?;
    println!("{}", key.reveal());
    Ok(())
}

async fn account(state: &State, name: &str) -> Result<AccountId, Failure> {
    if let Ok(id) = name.parse::<AccountId>()
        && accounts::find(&mut state.store.tenant(id).await?).await?.is_some()
    {
        return Ok(id);
    }
    match accounts::list_by_name(&state.store, name).await?.as_slice() {
        [] => Err(Failure::Said(format!("there is no account named `{name}`"))),
        [id] => Ok(*id),
        several => Err(Failure::Said(format!("{} accounts are named `{name}`; give the id instead", several.len()))),
    }
}

fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}
