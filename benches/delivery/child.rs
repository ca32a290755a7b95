//! Processes that the benchmark starts: ended when dropped, so that a benchmark that breaks off leaves none behind.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::outcome::Result;
use crate::usage;

/// This program in another role: a receiver, a contender.
#[derive(Debug)]
pub(crate) struct Role {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Role {
    /// Starts this program with other arguments, and waits for its first line, which says that it is ready.
    pub(crate) fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<(Self, String)> {
        Self::spawn(Command::new(std::env::current_exe()?).args(arguments))
    }

    /// The same with any program that obeys.
    pub(crate) fn spawn(command: &mut Command) -> Result<(Self, String)> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        let mut role = Self { child, input, output: BufReader::new(output) };
        let line = role.line()?;
        Ok((role, line))
    }

    /// Tells it to go, and waits until it says that it is done.
    pub(crate) fn go(&mut self) -> Result<String> {
        self.input.write_all(b"go\n")?;
        self.line()
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> Result<f64> {
        usage::cpu(self.child.id())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a process of the benchmark ended before it was done; its words stand above".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other side: says that it is ready, and works each time it is told to.
pub(crate) fn obey(ready: &str, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    say(ready)?;
    for line in std::io::stdin().lines() {
        line?;
        work()?;
        say("done")?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
