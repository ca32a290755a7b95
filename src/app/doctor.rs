//! Examines an installation: what is well, what is not, and what to do about it (spec 11.4). Changes nothing, except that an embedded
//! database runs meanwhile.

mod database;
mod finding;
mod surroundings;

pub use self::finding::{Finding, Verdict};
use crate::config::Config;

/// Makes all checks. One that needs what an earlier one did not find is left out.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = database::examine(config).await;
    findings.push(surroundings::data_folder(config));
    findings.extend(surroundings::model_servers(config).await);
    findings.push(surroundings::names(config).await);
    findings.push(surroundings::metrics(config).await);
    findings
}
