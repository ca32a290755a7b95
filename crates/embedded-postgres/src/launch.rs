//! One launch: programs found, cluster made where there is none, what ran before settled, server spawned.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::binaries::{self, Binaries};
use super::cluster::{Cluster, Door};
use super::error::LaunchError;
use super::log::{Log, last_lines};
use super::pid_file::{self, Found, Running};
use super::{ADMIN, Options, Socket, alias, roles};

/// How long a server that nobody keeps gets to end properly.
const ORPHAN_PATIENCE: Duration = Duration::from_mins(1);

/// Settings of every instance. Given on the command line, so that they belong to the program and not to the folder.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "port=5432",
    "unix_socket_directories=.",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    // Statements and rows that failed hold what people sent; a log must not.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
    "jit=off",
];

/// More for a cluster that is thrown away: quick, and room for many tests at once.
const THROW_AWAY: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=500",
];

/// All that is needed to launch.
#[derive(Debug)]
pub(super) struct Launch {
    cluster: Cluster,
    options: Options,
}

/// What one launch led to.
pub(super) enum Launched {
    /// Our own server.
    Own {
        /// The process.
        server: Child,
        /// What it writes.
        log: Log,
        /// Whether the one before it was killed.
        after_a_kill: bool,
    },
    /// Somebody runs a server in the folder by hand: it is used, and left alone.
    Foreign(Socket),
}

impl Launch {
    pub(super) fn new(cluster: Cluster, options: Options) -> Self {
        Self { cluster, options }
    }

    pub(super) fn lock_file(&self) -> Result<File, LaunchError> {
        self.cluster.lock_file()
    }

    /// Called by the one who holds the lock.
    pub(super) fn launch(&self, lock: &mut File) -> Result<Launched, LaunchError> {
        let folder = self.cluster.folder();
        let mut found = pid_file::inspect(&folder);
        if let Found::Running(running) = &found {
            if recorded(lock) == Some(running.pid) {
                end_orphan(running, &folder)?;
                found = pid_file::inspect(&folder);
            } else {
                return foreign(running, &folder, self.options.name);
            }
        }
        let made_by = self.cluster.made_by()?;
        let programs = Programs {
            account: Account::current()?,
            binaries: binaries::find(&self.options, made_by.map(|major| (major, folder.as_path())))?,
            setpriv: setpriv(),
        };
        if made_by.is_none() {
            tracing::info!(folder = %folder.display(), "creating the database; this happens once");
            let durable = self.options.durable;
            self.cluster.create(&programs.account, durable, |fresh| programs.initdb(fresh, durable))?;
        }
        let admission = roles::admission(self.options.name, &programs.account.client);
        self.cluster.admit(&programs.account, &admission)?;
        let (log, output) = Log::open(&self.cluster.log())?;
        let server = programs.spawn(&folder, &self.options, output)?;
        record(lock, server.id())?;
        Ok(Launched::Own { server, log, after_a_kill: found == Found::Stale })
    }
}

/// The programs, and as whom they run.
struct Programs {
    account: Account,
    binaries: Binaries,
    setpriv: Option<PathBuf>,
}

impl Programs {
    fn initdb(&self, folder: &Path, durable: bool) -> Result<(), LaunchError> {
        let door = Door::open(folder, &self.account)?;
        let mut command = self.command(&self.binaries.initdb, "KILL");
        command.arg("-D").arg(&door.path).args(["--username", ADMIN, "--auth", "peer", "--data-checksums"]);
        let locale = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
        command.args([
            "--encoding",
            "UTF8",
            "--locale",
            locale,
            "--text-search-config",
            "english",
            "--no-instructions",
        ]);
        if !durable {
            command.arg("--no-sync");
        }
        let output = command.output().map_err(LaunchError::program(&self.binaries.initdb))?;
        if output.status.success() {
            return Ok(());
        }
        Err(LaunchError::Initdb(last_lines(&String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))))
    }

    fn spawn(&self, folder: &Path, options: &Options, output: File) -> Result<Child, LaunchError> {
        let door = Door::open(folder, &self.account)?;
        let mut command = self.command(&self.binaries.postgres, "INT");
        command.arg("-D").arg(&door.path);
        command.args(["-c", &format!("cluster_name={}", options.name)]);
        let throw_away = if options.durable { &[] } else { THROW_AWAY };
        for setting in SETTINGS.iter().chain(throw_away) {
            command.args(["-c", setting]);
        }
        let copy = output.try_clone().map_err(LaunchError::program(&self.binaries.postgres))?;
        command.stdout(copy).stderr(output);
        command.spawn().map_err(LaunchError::program(&self.binaries.postgres))
    }

    /// A program that gets `death_signal` when the thread that spawns it ends, however that comes about. It sees
    /// nothing of our environment, which may hold keys, and no Ctrl-C from our terminal: we end it in our own time.
    fn command(&self, program: &Path, death_signal: &str) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", death_signal, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")]);
        command.current_dir("/").stdin(Stdio::null()).process_group(0);
        self.account.run(&mut command);
        command
    }
}

/// util-linux' `setpriv`, where it can set the signal (that of busybox cannot; macOS has none). Without it a server
/// outlives a killed program, and the next start ends it.
fn setpriv() -> Option<PathBuf> {
    let able = |path: &PathBuf| {
        let mut command = Command::new(path);
        command.args(["--pdeathsig", "keep", "--", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    ["/usr/bin/setpriv", "/bin/setpriv"].into_iter().map(PathBuf::from).find(able)
}

/// The server that the last keeper recorded.
fn recorded(lock: &mut File) -> Option<Pid> {
    let mut text = String::new();
    lock.seek(SeekFrom::Start(0)).ok()?;
    lock.read_to_string(&mut text).ok()?;
    Pid::from_raw(text.trim().parse().ok()?)
}

fn record(lock: &mut File, server: u32) -> Result<(), LaunchError> {
    let written = lock
        .set_len(0)
        .and_then(|()| lock.seek(SeekFrom::Start(0)))
        .and_then(|_| lock.write_all(format!("{server}\n").as_bytes()));
    written.map_err(LaunchError::file("write", Path::new("postgres.lock")))
}

/// Ends a server whose keeper is gone: either it has been told to end already, or its keeper could not arrange that.
fn end_orphan(running: &Running, folder: &Path) -> Result<(), LaunchError> {
    let deadline = Instant::now() + ORPHAN_PATIENCE;
    let _ = kill_process(running.pid, Signal::INT);
    while let Found::Running(now) = pid_file::inspect(folder) {
        if now.pid != running.pid {
            break;
        }
        if Instant::now() > deadline {
            let reason = format!("process {} of an earlier run does not end", running.pid.as_raw_nonzero());
            return Err(LaunchError::NotReady { reason });
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn foreign(running: &Running, folder: &Path, program: &str) -> Result<Launched, LaunchError> {
    let Some(socket) = &running.socket else {
        let pid = running.pid.as_raw_nonzero();
        let reason = format!("process {pid} uses `{}` and has no socket. Type: kill -INT {pid}", folder.display());
        return Err(LaunchError::NotReady { reason });
    };
    Ok(Launched::Foreign(Socket { folder: alias::reachable(socket, program)?, port: running.port }))
}
