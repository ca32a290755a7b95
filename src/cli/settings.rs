//! Settings as arguments of every command, and the command that prints them.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use super::failure::Failure;
use crate::config::{Config, Given, SETTINGS, Source};

/// An argument for each setting, with its environment variable.
pub(super) fn arguments() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().map(|setting| {
        let help = match setting.default {
            "" => setting.help.to_owned(),
            default => format!("{} Default: {default}.", setting.help.trim_end_matches('.').to_owned() + "."),
        };
        Arg::new(setting.name)
            .long(setting.name)
            .env(setting.env)
            .hide_env_values(true)
            .value_name("VALUE")
            .global(true)
            .help(help)
    })
}

pub(super) fn given(matches: &ArgMatches) -> Given {
    let leaf = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let variable = |name: &str| std::env::var_os(name)?.into_string().ok();
    let given = Given::defaults().with_search_path(std::env::var_os("PATH")).with_variables(variable);
    SETTINGS.iter().fold(given, |given, setting| {
        let source = match leaf.value_source(setting.name) {
            Some(ValueSource::EnvVariable) => Source::Environment,
            _ => Source::Argument,
        };
        match leaf.get_one::<String>(setting.name) {
            Some(value) => given.with(setting.name, value, source),
            None => given,
        }
    })
}

/// Prints the effective settings. Secrets are masked.
pub(super) fn print(given: &Given) -> Result<(), Failure> {
    for setting in SETTINGS {
        let value = given.value(setting.name).map_or("(none)".into(), |value| setting.shown(value));
        println!("{:<28} {value}  [{}]", setting.env, given.source(setting.name).name());
    }
    parse(given).map(|_| ())
}

/// The settings, or all that is wrong with them.
pub(super) fn parse(given: &Given) -> Result<Config, Failure> {
    Config::parse(given).map_err(Failure::Settings)
}
