//! The real program in a process of its own, with what it wrote to its log.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The program, until this is dropped.
pub(crate) struct Program {
    child: Child,
    folder: TempDir,
}

/// The program's command line, with nothing of the tests' own settings in its environment.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracecast"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program(arguments).envs(environment.iter().copied()).output().unwrap()
}

impl Program {
    /// Starts `serve` on a free port and waits until it listens.
    pub(crate) fn serve(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str| File::create(folder.path().join(name)).unwrap();
        let mut command = program(&["serve", "--bind", "127.0.0.1:0"]);
        command.envs(environment.iter().copied()).env("TRACECAST_DATA_DIR", folder.path().join("data"));
        let child = command.stdout(output("out")).stderr(output("log")).spawn().unwrap();
        let mut program = Self { child, folder };
        for _ in 0..1_200 {
            if program.said().contains("Tracecast is ready") {
                return program;
            }
            assert!(program.child.try_wait().unwrap().is_none(), "it ended: {}", program.log());
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it never became ready: {}", program.log());
    }

    /// Where it listens, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        let log = self.log();
        let line = log.lines().find(|line| line.contains(r#""message":"listening""#)).unwrap();
        let (_, rest) = line.split_once(r#""address":""#).unwrap();
        format!("http://{}", rest.split('"').next().unwrap())
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
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
