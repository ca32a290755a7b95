//! The program as a process of its own, which is killed, stopped and continued.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

/// A running `tracecast`. It is killed with this.
pub(crate) struct Program {
    child: Child,
    log: NamedTempFile,
}

impl Program {
    /// `tracecast <command>` with these settings and no others.
    pub(crate) fn start(command: &str, settings: &[(&str, String)]) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut program = told_when_we_end(Path::new(env!("CARGO_BIN_EXE_tracecast")));
        program.arg(command).env_clear().env("PATH", "/usr/bin:/bin").envs(settings.iter().map(|(n, v)| (n, v)));
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.reopen().unwrap());
        Self { child: program.spawn().unwrap(), log }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// `kill -9`, and gone when this returns.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// How it ended. Fails if it runs longer than `limit`.
    pub(crate) async fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < limit, "still running after {limit:?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Fails unless it ends by itself, and well, within `limit`.
    pub(crate) async fn ends_well_within(&mut self, limit: Duration) {
        let status = self.ends_within(limit).await;
        assert!(status.success(), "{status} (signal {:?})\n{}", status.signal(), self.log());
    }

    /// What it wrote to its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where util-linux' `setpriv` is, the program is killed also when the tests are.
fn told_when_we_end(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !setpriv.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
