//! `--help` is the manual: what it says is looked at whenever it changes.

use tracecast::cli;

/// The manual as it is without a terminal's width, environment or version.
fn manual(command: &mut clap::Command) -> String {
    command.clone().term_width(100).render_long_help().to_string()
}

#[test]
fn help_is_the_manual() {
    insta::assert_snapshot!(manual(&mut cli::command()));
}

#[test]
fn every_command_says_what_it_takes() {
    let mut command = cli::command();
    command.build();
    let mut usages = Vec::new();
    let mut open: Vec<_> = command.get_subcommands().cloned().collect();
    while let Some(mut command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        if command.render_usage().to_string().contains(" help") {
            continue;
        }
        let own = command.get_arguments().filter(|argument| !argument.is_global_set() && argument.get_id() != "help");
        let own: Vec<_> =
            own.filter_map(|argument| Some(format!("\n    {argument}  {}", argument.get_help()?))).collect();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        usages.push(format!("{}\n    {about}{}", command.render_usage(), own.concat()));
    }
    usages.sort();
    insta::assert_snapshot!(usages.join("\n\n"));
}
