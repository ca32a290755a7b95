//! The real program in a process of its own: with what it wrote, killed, stopped and continued.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A running `tracecast`. It is killed with this.
pub(crate) struct Program {
    child: Child,
    folder: TempDir,
}

/// The program's command line, with nothing of the tests' own settings in its environment. Where util-linux' `setpriv` is,
/// it is killed also when the tests are.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let (binary, setpriv) = (env!("CARGO_BIN_EXE_tracecast"), Path::new("/usr/bin/setpriv"));
    let mut command = if setpriv.exists() {
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "KILL", "--", binary]);
        command
    } else {
        Command::new(binary)
    };
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program(arguments).envs(environment.iter().copied()).output().unwrap()
}

impl Program {
    /// `tracecast <command>` with these settings and no others.
    pub(crate) fn start(command: &str, settings: &[(&str, String)]) -> Self {
        Self::start_with(&[command], settings)
    }

    /// `tracecast <arguments>` with these settings and no others.
    pub(crate) fn start_with(arguments: &[&str], settings: &[(&str, String)]) -> Self {
        Self::spawn(program(arguments).envs(settings.iter().map(|(name, value)| (name, value))))
    }

    /// Starts `serve` on a free port and waits until it listens.
    pub(crate) fn serve(environment: &[(&str, &str)]) -> Self {
        let mut program = Self::spawn(program(&["serve", "--bind", "127.0.0.1:0"]).envs(environment.iter().copied()));
        for _ in 0..1_200 {
            if program.said().contains("Tracecast is ready") {
                return program;
            }
            assert!(program.is_running(), "it ended: {}", program.log());
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it never became ready: {}", program.log());
    }

    fn spawn(command: &mut Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str| File::create(folder.path().join(name)).unwrap();
        if !command.get_envs().any(|(name, _)| name == "TRACECAST_DATA_DIR") {
            command.env("TRACECAST_DATA_DIR", folder.path().join("data"));
        }
        let child = command.stdout(output("out")).stderr(output("log")).spawn().unwrap();
        Self { child, folder }
    }

    /// Where it listens, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        let log = self.log();
        let line = log.lines().find(|line| line.contains(r#""message":"listening""#)).unwrap();
        let (_, rest) = line.split_once(r#""address":""#).unwrap();
        format!("http://{}", rest.split('"').next().unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The most memory that it had at any time, in bytes.
    pub(crate) fn most_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
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

    /// Waits until its log says this. Fails if it ends before.
    pub(crate) async fn logs(&mut self, words: &str) {
        let begun = Instant::now();
        while !self.log().contains(words) {
            assert!(self.is_running(), "it ended: {}", self.log());
            assert!(begun.elapsed() < Duration::from_mins(1), "it never said `{words}`: {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it wrote to its log so far.
    pub(crate) fn log(&self) -> String {
        read(&self.folder.path().join("log"))
    }

    /// What it wrote to standard output so far.
    pub(crate) fn said(&self) -> String {
        read(&self.folder.path().join("out"))
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
