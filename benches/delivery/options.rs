//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::contenders::Contender;
use crate::program::Program;

/// The rows, in the order in which they are measured.
pub(crate) const ROWS: [&str; 16] = [
    "stages",
    "reading",
    "export",
    "forms",
    "ten",
    "tls",
    "many",
    "healthy",
    "latency",
    "recording",
    "gateway",
    "api",
    "meter",
    "replay",
    "activity",
    "idle",
];

/// Measures recording and exporting on this machine: starts a Postgres of its own with durable settings, a receiver, and
/// the release binary of Tracecast; prints a table of medians with ratios, and writes every figure as JSON.
#[derive(Debug, Clone, Parser)]
#[command(name = "./bench")]
pub(crate) struct Options {
    /// Small sizes and a single run: shows that the benchmark works, measures nothing
    #[arg(long)]
    pub(crate) quick: bool,
    /// Runs of each contender, in turn
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Events of the large backlog
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Only these rows, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = ROWS)]
    pub(crate) only: Vec<String>,
    /// No contenders: for backlogs that each of them would take minutes to send
    #[arg(long, conflicts_with_all = ["python", "litellm"])]
    pub(crate) alone: bool,
    /// Another release binary than the one that was just built
    #[arg(long)]
    program: Option<PathBuf>,
    /// One more contender: the program with further settings, as NAME=value,NAME=value
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// A Python that has opentelemetry-exporter-otlp-proto-http: measures its exporter, too
    #[arg(long)]
    pub(crate) python: Option<PathBuf>,
    /// The program `litellm` of an installed litellm[proxy]: measures it beside the gateway, without and with its OTLP
    /// callback (which wants opentelemetry-exporter-otlp)
    #[arg(long)]
    pub(crate) litellm: Option<PathBuf>,
    /// Where the figures are written
    #[arg(long, default_value = "target/bench.json")]
    pub(crate) json: PathBuf,
    /// Print the table of figures that an earlier run wrote, and measure nothing
    #[arg(long, value_name = "JSON")]
    pub(crate) table: Option<PathBuf>,
    /// The benchmark's own other roles
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What this program is when the benchmark starts it again.
#[derive(Debug, Clone, Subcommand)]
#[command(hide = true)]
pub(crate) enum Role {
    /// The receiver
    #[command(hide = true)]
    Receive {
        #[arg(long)]
        delay_ms: u64,
        #[arg(long, action = clap::ArgAction::Set)]
        arrivals: bool,
        #[arg(long)]
        certificate: Option<PathBuf>,
    },
    /// A contender
    #[command(hide = true)]
    Contend {
        contender: Contender,
        #[arg(long, action = clap::ArgAction::Set)]
        gzip: bool,
        #[arg(long)]
        events: u64,
        #[arg(long)]
        receiver: SocketAddr,
        #[arg(long)]
        certificate: Option<PathBuf>,
        #[arg(long)]
        database: String,
        #[arg(long, value_delimiter = ',')]
        accounts: Vec<tracecast::id::AccountId>,
        #[arg(long, action = clap::ArgAction::Set)]
        news_only: bool,
    },
}

impl Options {
    /// How often each contender runs.
    pub(crate) fn runs(&self) -> usize {
        if self.quick { 1 } else { self.runs }
    }

    /// The large backlog.
    pub(crate) fn large(&self) -> u64 {
        self.sized(self.events)
    }

    /// A size, or a hundredth of it where only the benchmark itself is tried.
    pub(crate) fn sized(&self, events: u64) -> u64 {
        if self.quick { events / 100 } else { events }
    }

    /// Whether a row was asked for.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == row)
    }

    /// The program under test.
    pub(crate) fn program(&self) -> Program {
        let built = Program::default();
        Program { path: self.program.clone().unwrap_or(built.path), settings: built.settings }
    }
}
