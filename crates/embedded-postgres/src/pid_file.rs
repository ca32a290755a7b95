//! `postmaster.pid`: which server runs in a cluster's folder, if the file tells the truth.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Pid;

use super::cluster::{PORT, SOCKET};

/// Name of the file, given by Postgres.
const NAME: &str = "postmaster.pid";

/// A server that runs in the folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) pid: Pid,
    pub(super) port: u16,
    /// The first folder in which it has a socket.
    pub(super) socket: Option<PathBuf>,
}

/// What the file says about the folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The last server ended properly.
    Nothing,
    /// The last server was killed; what it left is removed.
    Stale,
    /// A server runs.
    Running(Running),
}

/// Reads the file, and removes it where the server that wrote it is gone. Postgres would not always do that by itself:
/// after a restart of the machine or container the number may be another process's, even one of our own threads'.
pub(super) fn inspect(folder: &Path) -> Found {
    let Ok(text) = fs::read_to_string(folder.join(NAME)) else { return Found::Nothing };
    match parse(&text, folder) {
        Some(running) if is_server_of(running.pid, folder) => Found::Running(running),
        _ => {
            for name in [NAME, SOCKET, &format!("{SOCKET}.lock")] {
                let _ = fs::remove_file(folder.join(name));
            }
            Found::Stale
        }
    }
}

/// Lines: process id (negative in single-user mode), folder, start time, port, folder of the socket, ….
fn parse(text: &str, folder: &Path) -> Option<Running> {
    let mut lines = text.lines().map(str::trim);
    let pid = Pid::from_raw(lines.next()?.parse::<i32>().ok()?.checked_abs()?)?;
    let port = lines.nth(2).and_then(|port| port.parse().ok()).unwrap_or(PORT);
    let socket = lines.next().filter(|socket| !socket.is_empty()).map(|socket| folder.join(socket));
    Some(Running { pid, port, socket })
}

/// Whether the process is a Postgres, and one that works in this folder as far as that can be seen.
fn is_server_of(pid: Pid, folder: &Path) -> bool {
    let pid = pid.as_raw_nonzero();
    let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) else {
        return !Path::new("/proc/self").exists() && is_called_postgres(&pid.to_string());
    };
    let elsewhere = fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|place| place != folder);
    name.trim() == "postgres" && !elsewhere
}

/// Without `/proc`.
fn is_called_postgres(pid: &str) -> bool {
    let output = Command::new("ps").args(["-o", "comm=", "-p", pid]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("postgres"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_by_number_port_and_socket() {
        let text = "4711\n/srv/postgres\n1795479597\n5433\n.\n\n 10117127 9\nready   \n";
        let running = parse(text, Path::new("/srv/postgres")).unwrap();
        assert_eq!((running.pid.as_raw_nonzero().get(), running.port), (4711, 5433));
        assert_eq!(running.socket, Some(PathBuf::from("/srv/postgres/.")));
        assert_eq!(parse("-4711\n", Path::new("/srv")).unwrap().socket, None);
        assert_eq!(parse("", Path::new("/srv")), None);
    }

    #[test]
    fn a_file_whose_number_is_another_programs_is_removed() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(inspect(place.path()), Found::Nothing);
        for content in [std::process::id().to_string(), "2147483647".to_owned(), "garbage".to_owned()] {
            fs::write(place.path().join(NAME), content).unwrap();
            fs::write(place.path().join(".s.PGSQL.5432.lock"), "1").unwrap();
            assert_eq!(inspect(place.path()), Found::Stale);
            assert_eq!(inspect(place.path()), Found::Nothing);
            assert!(fs::read_dir(place.path()).unwrap().next().is_none());
        }
    }
}
