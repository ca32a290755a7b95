//! `PgBouncer` before the Postgres of a test. Where it is not installed the test is skipped, unless nothing may be skipped.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::getuid;
use tempfile::TempDir;
use url::Url;

use super::skipping::must_run;

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A running `PgBouncer`. It ends with this.
pub(crate) struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// In this mode before the Postgres at the address and port of `url`. None: the test is skipped.
    pub(crate) fn before(url: &str, mode: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            assert!(!must_run(), "{PROGRAM} is missing, and nothing may be skipped here");
            eprintln!("SKIPPED: {PROGRAM} is missing");
            return None;
        }
        let url = Url::parse(url).unwrap();
        let host = url.host_str().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let settings = format!(
            "[databases]\n* = host={host} port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
            url.port().unwrap(),
            url.username()
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        // It does not run as root.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if getuid().is_root() {
            command.args(["--reuid", "postgres", "--clear-groups"]);
        }
        command.args(["--", PROGRAM]).arg(&file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "PgBouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, port, _folder: folder })
    }

    /// The address of the same database through the pooler.
    pub(crate) fn url(&self, url: &str) -> String {
        let url = Url::parse(url).unwrap();
        format!("postgres://{}@127.0.0.1:{}{}?sslmode=disable", url.username(), self.port, url.path())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
