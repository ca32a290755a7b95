//! The server's log: short, and read back when a start fails.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error::LaunchError;

/// A log that has grown beyond this is begun anew at the next start.
const LARGEST: u64 = 1024 * 1024;

/// Lines of the log that an error shows.
const LINES: usize = 12;

/// The log, and where the present run began in it.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    begin: u64,
}

impl Log {
    /// Opens the log at its end, for the server's output.
    pub(super) fn open(path: &Path) -> Result<(Self, File), LaunchError> {
        let begin = fs::metadata(path).map_or(0, |found| found.len());
        let fresh = begin > LARGEST;
        if fresh {
            let _ = fs::remove_file(path);
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let file = file.map_err(LaunchError::file("open the log", path))?;
        Ok((Self { path: path.to_owned(), begin: if fresh { 0 } else { begin } }, file))
    }

    /// What to tell when the server ended by itself.
    pub(super) fn exited(&self) -> LaunchError {
        LaunchError::Exited { log: self.path.clone(), tail: self.tail().unwrap_or_default() }
    }

    fn tail(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.begin))?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text)?;
        Ok(last_lines(&String::from_utf8_lossy(&text)))
    }
}

/// The last lines of a program's output.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn only_the_present_run_is_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("postgres.log");
        let (_, mut file) = Log::open(&path).unwrap();
        writeln!(file, "long ago").unwrap();
        let (log, mut file) = Log::open(&path).unwrap();
        for line in 0..20 {
            writeln!(file, "line {line}").unwrap();
        }
        let LaunchError::Exited { tail, .. } = log.exited() else { panic!("another error") };
        assert_eq!(tail.lines().count(), LINES);
        assert!(tail.ends_with("line 19") && !tail.contains("long ago"));
    }
}
