//! As whom the server runs, and who may connect to it.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::LaunchError;

/// The operating system's users that matter: Postgres refuses to run as root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// Who runs this program, by name: the only one whom the server admits.
    pub(super) client: String,
    /// As whom the server runs, where that is somebody else.
    pub(super) server: Option<Server>,
}

/// A user and group for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    uid: u32,
    gid: u32,
}

impl Account {
    /// Who runs this program; for root, `postgres` or else `nobody` runs the server.
    pub(super) fn current() -> Result<Self, LaunchError> {
        let uid = rustix::process::geteuid();
        let server = if uid.is_root() {
            let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
            Some(entry(&users, "postgres").or_else(|| entry(&users, "nobody")).ok_or(LaunchError::NoServerUser)?)
        } else {
            None
        };
        let output = Command::new("id").arg("-un").stderr(Stdio::null()).output();
        let client = output.map_err(LaunchError::program(Path::new("id")))?;
        let name = String::from_utf8_lossy(&client.stdout).trim().to_owned();
        if client.status.success() && !name.is_empty() {
            Ok(Self { client: name, server })
        } else {
            Err(LaunchError::NamelessUser(uid.as_raw()))
        }
    }

    /// Gives a file or folder that this program made to the server.
    pub(super) fn give(&self, path: &Path) -> Result<(), LaunchError> {
        match self.server {
            Some(server) => {
                chown(path, Some(server.uid), Some(server.gid)).map_err(LaunchError::file("hand over", path))
            }
            None => Ok(()),
        }
    }

    /// Lets `command` run as the server's user, without root's groups.
    pub(super) fn run(&self, command: &mut Command) {
        if let Some(server) = self.server {
            command.uid(server.uid).gid(server.gid);
        }
    }
}

/// Numbers of a user in the format of `/etc/passwd`.
fn entry(users: &str, name: &str) -> Option<Server> {
    let mut fields = users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
    Some(Server { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0::/root:/bin/bash\npostgresql:x:9:9::/:/x\npostgres:x:101:104:PG,,,:/var:/bin/bash\n";
        assert_eq!(entry(users, "postgres"), Some(Server { uid: 101, gid: 104 }));
        assert_eq!(entry(users, "nobody"), None);
    }

    #[test]
    fn the_one_who_runs_this_program_has_a_name() {
        let account = Account::current().unwrap();
        assert!(!account.client.is_empty());
        assert_eq!(account.server.is_some(), rustix::process::geteuid().is_root());
    }
}
