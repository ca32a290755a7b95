//! Receivers that run in Python: a script that says on one line where it listens, and answers questions of the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

use super::skipping::must_run;

/// A script below `tests/it/fixtures/receivers`, and the packages that it imports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) packages: &'static [&'static str],
    /// Whether its packages are so large that it runs only where `TRACECAST_LARGE_RECEIVERS=1` asks for it.
    pub(crate) is_large: bool,
}

/// A running receiver. It ends with this.
pub(crate) struct ForeignReceiver {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What the script said about itself.
    pub(crate) told: BTreeMap<String, String>,
}

impl ForeignReceiver {
    /// Starts one, or says why the test is skipped.
    pub(crate) fn start(script: Script) -> Option<Self> {
        if script.is_large && !is_asked_for() {
            eprintln!("SKIPPED: {} needs large packages; set TRACECAST_LARGE_RECEIVERS=1", script.name);
            return None;
        }
        match installed(script.packages) {
            Ok(packages) => Some(Self::run(&packages, script)),
            Err(reason) => {
                assert!(!must_run(), "{} cannot be installed, and nothing may be skipped here: {reason}", script.name);
                eprintln!("SKIPPED: {} cannot be installed: {reason}", script.name);
                None
            }
        }
    }

    fn run(packages: &Path, script: Script) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/receivers");
        let mut child = Command::new("python3")
            .env("PYTHONPATH", packages)
            .arg(folder.join(script.name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (questions, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut receiver = Self { child, questions, answers: BufReader::new(answers), told: BTreeMap::new() };
        receiver.told = receiver.answer();
        receiver
    }

    /// Asks the script, in one line.
    pub(crate) fn asks<T: DeserializeOwned>(&mut self, question: &str) -> T {
        writeln!(self.questions, "{question}").unwrap();
        self.answer()
    }

    /// Host and port, as the operator's list names them.
    pub(crate) fn address(&self) -> &str {
        self.told["endpoint"].trim_start_matches("http://")
    }

    fn answer<T: DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for ForeignReceiver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The folder of these packages of Python, filled once below `target/tmp`.
pub(crate) fn installed(packages: &[&str]) -> Result<PathBuf, String> {
    let name = packages.join("-").replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        return Ok(folder);
    }
    let unfinished = folder.with_extension(format!("unfinished-{}", std::process::id()));
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--target"])
        .arg(&unfinished)
        .args(packages)
        .output()
        .map_err(|error| format!("python3 cannot be started ({error}); install python3 and python3-pip"))?;
    if !output.status.success() {
        drop(fs::remove_dir_all(&unfinished));
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    // Another test program may have been faster; then its folder serves.
    if fs::rename(&unfinished, &folder).is_err() {
        drop(fs::remove_dir_all(&unfinished));
    }
    Ok(folder)
}

#[expect(clippy::disallowed_methods, reason = "how a person asks for the tests that need large packages")]
pub(crate) fn is_asked_for() -> bool {
    std::env::var("TRACECAST_LARGE_RECEIVERS").is_ok_and(|value| value == "1")
}
