//! Those whom the program is measured against, each in a process of its own: this benchmark in another role.

mod bare;
pub(crate) mod litellm;
pub(crate) mod python;
mod queue;
mod sdk;

use std::ffi::OsStr;
use std::str::FromStr;

use tracecast::id::AccountId;

pub(crate) use self::queue::FILL;
use crate::child::{Role, obey};
use crate::outcome::{Error, Result};
use crate::receiver::Endpoint;

/// What a contender does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// Reads as the worker does and posts bodies that are encoded already: the limit.
    Bare,
    /// The batch processor and exporter of the OpenTelemetry SDK, fed from memory.
    Sdk,
    /// A queue of rows, locked one at a time.
    Row,
    /// A queue of rows, locked by the batch.
    Rows,
}

/// Its task.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) contender: Contender,
    pub(crate) gzip: bool,
    /// Events each time it is told to go.
    pub(crate) events: u64,
    pub(crate) receiver: Endpoint,
    pub(crate) database: String,
    pub(crate) accounts: Vec<AccountId>,
    /// Whether what was recorded before its start is left out.
    pub(crate) news_only: bool,
}

impl Contender {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Sdk => "sdk",
            Self::Row => "row",
            Self::Rows => "rows",
        }
    }

    /// As the table calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Bare => "bare loop (encoded before)",
            Self::Sdk => "opentelemetry-rust, from memory",
            Self::Row => "SKIP LOCKED, a row at a time",
            Self::Rows => "SKIP LOCKED, batches of 500",
        }
    }
}

impl FromStr for Contender {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Bare, Self::Sdk, Self::Row, Self::Rows];
        all.into_iter().find(|contender| contender.name() == name).ok_or_else(|| format!("no contender {name}").into())
    }
}

impl Task {
    /// Starts it in a process of its own.
    pub(crate) fn start(&self) -> Result<Role> {
        let accounts: Vec<_> = self.accounts.iter().map(ToString::to_string).collect();
        let (events, address) = (self.events.to_string(), self.receiver.address.to_string());
        let (accounts, gzip) = (accounts.join(","), self.gzip.to_string());
        let news_only = self.news_only.to_string();
        let mut arguments: Vec<&OsStr> = [
            "contend",
            self.contender.name(),
            "--gzip",
            &gzip,
            "--events",
            &events,
            "--receiver",
            &address,
            "--database",
            &self.database,
            "--accounts",
            &accounts,
            "--news-only",
            &news_only,
        ]
        .map(OsStr::new)
        .into();
        if let Some(certificate) = &self.receiver.certificate {
            arguments.extend([OsStr::new("--certificate"), certificate.as_os_str()]);
        }
        Ok(Role::start(arguments)?.0)
    }

    /// The other side of [`Self::start`].
    pub(crate) fn run(&self) -> Result<()> {
        match self.contender {
            Contender::Bare => {
                let mut bare = bare::Bare::start(self)?;
                obey("ready", || bare.drain())
            }
            Contender::Sdk => {
                let sdk = sdk::Sdk::start(self)?;
                obey("ready", || sdk.export())
            }
            Contender::Row => {
                let mut queue = queue::Queue::start(self)?;
                obey("ready", || queue.row_by_row())
            }
            Contender::Rows => {
                let mut queue = queue::Queue::start(self)?;
                obey("ready", || queue.in_batches())
            }
        }
    }
}
