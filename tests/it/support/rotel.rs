//! A foreign OTLP collector (spec 2.5): decodes before it answers, and prints every span that it took.
//!
//! `rotel` comes as a Python wheel with the program inside; it is unpacked below `target/tmp` once. Where that cannot be
//! done the test is skipped with the reason, unless `REQUIRE_BROWSER=1` or `CI` says that nothing may be skipped.

mod printed;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use printed::PrintedSpan;

use super::skipping::must_run;

const VERSION: &str = "0.0.1a15";

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A collector that runs; it ends with this.
pub(crate) struct Rotel {
    child: Child,
    port: u16,
    printed: Arc<Mutex<String>>,
}

impl Rotel {
    /// Starts one, or tells why the test is skipped.
    pub(crate) fn start() -> Option<Self> {
        match installed() {
            Ok(program) => Some(Self::run(&program)),
            Err(reason) => {
                assert!(!must_run(), "rotel cannot be installed, and nothing may be skipped here: {reason}");
                eprintln!("SKIPPED: rotel cannot be installed: {reason}");
                None
            }
        }
    }

    /// Where it takes traces.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/v1/traces", self.port)
    }

    /// What it printed, as soon as there are `count` spans and it has fallen silent.
    pub(crate) async fn spans(&self, count: usize) -> Vec<PrintedSpan> {
        let begun = Instant::now();
        let mut before = String::new();
        loop {
            let text = self.printed.lock().unwrap().clone();
            let spans = printed::spans(&text);
            if spans.len() >= count && text == before {
                return spans;
            }
            assert!(begun.elapsed() < PATIENCE, "rotel printed {} of {count} spans:\n{text}", spans.len());
            before = text;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn run(program: &Path) -> Self {
        let (http, grpc) = (free_port(), free_port());
        let mut child = Command::new(program)
            .args(["start", "--exporter", "blackhole", "--disable-batching"])
            .args(["--debug-log", "traces", "--debug-log-verbosity", "detailed"])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (lines, sink) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&printed));
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut printed = sink.lock().unwrap();
                printed.push_str(&line);
                printed.push('\n');
            }
        });
        let rotel = Self { child, port: http, printed };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, http)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "rotel does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        rotel
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The program, unpacked from its wheel when it is not there yet. The wheel is asked for by a fixed Python version, so
/// that the machine's own does not matter: no Python runs afterwards.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rotel-{VERSION}"));
    let program = folder.join("rotel").join("rotel-agent");
    if program.exists() {
        return Ok(program);
    }
    let unfinished = folder.with_extension(format!("unfinished-{}", std::process::id()));
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"])
        .args(["--only-binary=:all:", "--implementation", "cp", "--python-version", "3.11", "--target"])
        .arg(&unfinished)
        .arg(format!("rotel=={VERSION}"))
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
    if program.exists() { Ok(program) } else { Err(format!("the wheel holds no {}", program.display())) }
}
