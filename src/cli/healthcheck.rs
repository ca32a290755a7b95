//! `healthcheck`: for containers, which have no other HTTP client at hand.

use super::failure::Failure;
use crate::app::status_line;
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let address = config.bind;
    let status = status_line(address, "/readyz")
        .await
        .map_err(|error| Failure::Said(format!("{address} cannot be reached: {error}")))?;
    if status.starts_with("HTTP/1.1 200") {
        println!("ready");
        return Ok(());
    }
    Err(Failure::Said(format!("not ready: {status}")))
}
