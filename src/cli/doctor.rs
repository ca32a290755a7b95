//! `doctor`: examines an installation and says what to do.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::failure::Failure;
use crate::app::{self, Finding, Verdict};
use crate::config::Config;

pub(super) fn command() -> Command {
    Command::new("doctor")
        .about("Examine database, roles, keys, model servers and network, and say what to do; exit code 0 means that nothing failed")
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the findings as JSON"))
}

pub(super) async fn run(config: &Config, matches: &ArgMatches) -> Result<(), Failure> {
    let findings = app::examine(config).await;
    if matches.get_flag("json") {
        let json = serde_json::to_string_pretty(&findings).map_err(|error| Failure::Said(error.to_string()))?;
        println!("{json}");
    } else {
        findings.iter().for_each(print);
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::Said(format!("{failed} of {} checks failed", findings.len()))),
    }
}

fn print(finding: &Finding) {
    let verdict = match finding.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Failed => "FAILED",
    };
    println!("{verdict:<8} {:<19} {}", finding.check, finding.found);
    if let Some(advice) = &finding.advice {
        println!("{:<28} {advice}", "");
    }
}
