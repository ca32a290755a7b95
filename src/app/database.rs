//! The operator's Postgres, or the embedded one.

use std::str::FromStr as _;

use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;

use super::StartError;
use crate::config::Config;
use crate::embedded_postgres::{EmbeddedPostgres, Options};
use crate::store::Store;

/// Where the data is.
#[derive(Debug)]
pub(super) struct Database {
    options: PgConnectOptions,
    embedded: Option<EmbeddedPostgres>,
}

impl Database {
    pub(super) async fn open(config: &Config) -> Result<Self, StartError> {
        if let Some(url) = &config.database_url {
            return Ok(Self { options: parse(url.expose_secret())?, embedded: None });
        }
        let options =
            Options { bin_dir: config.pg_bin.clone(), search_path: config.search_path.clone(), ..Options::default() };
        let embedded = EmbeddedPostgres::start(&config.data_dir, options).await?;
        Ok(Self { options: parse(&embedded.url())?, embedded: Some(embedded) })
    }

    pub(super) fn store(&self, application: &str, connections: u32) -> Store {
        Store::open(self.options.clone(), application, connections)
    }

    pub(super) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

fn parse(url: &str) -> Result<PgConnectOptions, StartError> {
    PgConnectOptions::from_str(url).map_err(|error| StartError::DatabaseUrl(error.to_string()))
}
