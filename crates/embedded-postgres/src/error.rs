//! Why the embedded Postgres does not run, each with what to do about it on this machine. Which settings of the program would
//! help is for the program to say.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST;

/// Why the embedded Postgres does not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// No Postgres on this machine.
    #[error("{}", not_installed(*.newest))]
    NotInstalled {
        /// Major version of the newest that was found, where all were too old.
        newest: Option<u32>,
    },
    /// The operator named a folder that does not hold a usable Postgres.
    #[error("`{}` holds no Postgres {OLDEST} or newer (the programs `postgres` and `initdb`)", .0.display())]
    WrongBinDir(PathBuf),
    /// The data were made by another major version.
    #[error("the database in `{}` was made by Postgres {needed}, which is not installed here. \
             Type: {}", .folder.display(), install(&format!("postgresql-{needed}"), &format!("postgresql@{needed}")))]
    OtherVersion {
        /// The cluster's folder.
        folder: PathBuf,
        /// Major version that made it.
        needed: u32,
    },
    /// The folder holds something that is not a cluster.
    #[error("`{}` is not empty and holds no database. Move it away", .0.display())]
    NotADatabase(PathBuf),
    /// Root started the program, and neither `postgres` nor `nobody` exists.
    #[error(
        "Postgres refuses to run as root, and this machine has neither a user `postgres` nor `nobody`. \
             Type: useradd --system postgres"
    )]
    NoServerUser,
    /// The user who runs the program has a number and no name.
    #[error("Postgres needs a user with a name, and user number {0} has none in /etc/passwd")]
    NamelessUser(u32),
    /// A file or folder cannot be used.
    #[error("cannot {action} `{}`: {reason}. Check its permissions and the space on its disk", .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A program could not be run at all.
    #[error("cannot run `{}`: {reason}", .program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// `initdb` failed.
    #[error("a new database could not be created:\n{0}")]
    Initdb(String),
    /// The server ended instead of starting.
    #[error("Postgres ended instead of starting; the end of its log `{}`:\n{tail}", .log.display())]
    Exited {
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The server runs and cannot be used.
    #[error("the embedded Postgres does not accept connections: {reason}")]
    NotReady {
        /// What the last attempt said.
        reason: String,
    },
    /// Roles or database could not be made.
    #[error("roles and database of the embedded Postgres could not be made: {0}")]
    Roles(String),
}

impl LaunchError {
    /// For logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotInstalled { .. } => "not_installed",
            Self::WrongBinDir(_) => "wrong_bin_dir",
            Self::OtherVersion { .. } => "other_version",
            Self::NotADatabase(_) => "not_a_database",
            Self::NoServerUser => "no_server_user",
            Self::NamelessUser(_) => "nameless_user",
            Self::File { .. } => "file",
            Self::Program { .. } => "program",
            Self::Initdb(_) => "initdb",
            Self::Exited { .. } => "exited",
            Self::NotReady { .. } => "not_ready",
            Self::Roles(_) => "roles",
        }
    }

    /// For `map_err`: what was tried with which path.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { action, path, reason: error.to_string() }
    }

    /// For `map_err`: which program.
    pub(super) fn program(program: &Path) -> impl FnOnce(io::Error) -> Self {
        let program = program.to_owned();
        move |error| Self::Program { program, reason: error.to_string() }
    }
}

fn not_installed(newest: Option<u32>) -> String {
    let found = newest.map_or_else(
        || "Postgres is not installed here".to_owned(),
        |major| format!("the newest Postgres found here is {major}, and {OLDEST} is the oldest that serves"),
    );
    let line = install("postgresql", "postgresql@17");
    format!("{found}. Type: {line}")
}

/// The line to type on this machine.
fn install(debian: &str, homebrew: &str) -> String {
    let has = |program: &str| Path::new(program).exists();
    if has("/usr/bin/apt-get") {
        format!("apt-get install {debian}")
    } else if has("/usr/bin/dnf") {
        "dnf install postgresql-server".to_owned()
    } else if has("/sbin/apk") {
        "apk add postgresql".to_owned()
    } else {
        format!("brew install {homebrew}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_says_what_to_type_or_to_look_at() {
        let missing = LaunchError::NotInstalled { newest: None }.to_string();
        assert!(missing.contains("Type: "), "{missing}");
        let old = LaunchError::NotInstalled { newest: Some(11) }.to_string();
        assert!(old.contains("11") && old.contains("14"), "{old}");
        let other = LaunchError::OtherVersion { folder: "data/postgres".into(), needed: 15 }.to_string();
        assert!(other.contains("made by Postgres 15") && other.contains("Type: "), "{other}");
    }
}
