//! A TCP proxy before Postgres' socket that can refuse, cut, slow, stall and swallow, and counts the statements that pass.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::support::statements::{Answers, Statements};

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They pass.
    Pass,
    /// Answers pass after a pause.
    Slow(Duration),
    /// Questions and answers pass after a pause.
    Far(Duration),
    /// They wait.
    Stall,
    /// They are lost, and their connection with them, of which neither side learns.
    Swallow,
    /// Connections are cut and new ones reset.
    Refuse,
}

impl Mode {
    fn before_a_question(self) -> Duration {
        if let Self::Far(pause) = self { pause } else { Duration::ZERO }
    }

    fn before_an_answer(self) -> Duration {
        if let Self::Far(pause) | Self::Slow(pause) = self { pause } else { Duration::ZERO }
    }
}

/// What holds now.
#[derive(Debug, Clone, Copy)]
struct Rule {
    mode: Mode,
    /// Connections that began before the last cut end.
    cuts: u64,
}

/// A running proxy. It ends with this.
pub(crate) struct PostgresProxy {
    address: SocketAddr,
    rule: watch::Sender<Rule>,
    statements: Statements,
    stop: CancellationToken,
}

impl PostgresProxy {
    /// Before the Postgres of `url`, whose socket's folder is its parameter `host`.
    pub(crate) async fn before(url: &str) -> Self {
        let socket = socket(url);
        let (rule, rules) = watch::channel(Rule { mode: Mode::Pass, cuts: 0 });
        let stop = CancellationToken::new();
        let (told, address) = oneshot::channel();
        let stopped = stop.clone();
        let statements = Statements::default();
        let counted = statements.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                stopped.run_until_cancelled(accept(listener, &socket, &rules, &counted)).await;
            });
        });
        Self { address: address.await.unwrap(), rule, statements, stop }
    }

    /// `url`, through the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_query(Some("sslmode=disable"));
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    /// What Postgres has completed for whom.
    pub(crate) fn statements(&self) -> &Statements {
        &self.statements
    }

    pub(crate) fn passes(&self) {
        self.rule.send_modify(|rule| rule.mode = Mode::Pass);
    }

    /// Cuts what is connected and resets what connects: Postgres is away.
    pub(crate) fn refuses(&self) {
        self.rule.send_modify(|rule| *rule = Rule { mode: Mode::Refuse, cuts: rule.cuts + 1 });
    }

    /// Every answer takes this long: Postgres does not keep up.
    pub(crate) fn slows(&self, pause: Duration) {
        self.rule.send_modify(|rule| rule.mode = Mode::Slow(pause));
    }

    /// Every byte takes this long, one way: Postgres is far away.
    pub(crate) fn is_far(&self, one_way: Duration) {
        self.rule.send_modify(|rule| rule.mode = Mode::Far(one_way));
    }

    /// What is sent from now on is lost, on whatever connection: the way to Postgres is gone, and says so to nobody.
    pub(crate) fn swallows(&self) {
        self.rule.send_modify(|rule| rule.mode = Mode::Swallow);
    }

    /// Holds every byte back: Postgres is there and says nothing.
    pub(crate) fn stalls(&self) {
        self.rule.send_modify(|rule| rule.mode = Mode::Stall);
    }

    /// Cuts what is connected, once.
    pub(crate) fn cuts(&self) {
        self.rule.send_modify(|rule| rule.cuts += 1);
    }
}

impl Drop for PostgresProxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn socket(url: &str) -> PathBuf {
    let url = Url::parse(url).unwrap();
    let folder = url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
    Path::new(&folder).join(format!(".s.PGSQL.{}", url.port().unwrap()))
}

async fn accept(listener: TcpListener, socket: &Path, rules: &watch::Receiver<Rule>, statements: &Statements) {
    let tasks = TaskTracker::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let rule = *rules.borrow();
        if rule.mode == Mode::Refuse {
            let _ = client.set_zero_linger();
            continue;
        }
        let (socket, rules, answers) = (socket.to_owned(), rules.clone(), statements.of_a_connection());
        tasks.spawn(async move {
            // A connection that breaks is what this is for.
            let _ = pass(client, &socket, rules, rule.cuts, answers).await;
        });
    }
}

async fn pass(
    mut client: TcpStream,
    socket: &Path,
    rules: watch::Receiver<Rule>,
    cuts: u64,
    mut answers: Answers,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = UnixStream::connect(socket).await?;
    let mut cut = rules.clone();
    let (mut asked, mut told) = client.split();
    let (mut answered, mut heard) = server.split();
    tokio::select! {
        ended = carry(&mut asked, &mut heard, rules.clone(), Mode::before_a_question, |_| ()) => ended,
        ended = carry(&mut answered, &mut told, rules, Mode::before_an_answer, |bytes| answers.read(bytes)) => ended,
        _ = cut.wait_for(|rule| rule.cuts > cuts) => client.set_zero_linger(),
    }
}

/// Carries bytes one way until they end. A pause holds none of them up that come later: it is the length of the way.
async fn carry(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut rules: watch::Receiver<Rule>,
    pause: fn(Mode) -> Duration,
    mut sees: impl FnMut(&[u8]),
) -> io::Result<()> {
    let (way, mut arriving) = unbounded_channel();
    let sends = async move {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            match from.read(&mut bytes).await? {
                0 => return Ok::<_, io::Error>(()),
                length => {
                    sees(&bytes[..length]);
                    drop(way.send((Instant::now(), bytes[..length].to_owned())));
                }
            }
        }
    };
    let arrives = async {
        while let Some((sent, bytes)) = arriving.recv().await {
            let pause = pause(rules.borrow().mode);
            tokio::time::sleep_until(sent + pause).await;
            let mode =
                rules.wait_for(|rule| !matches!(rule.mode, Mode::Stall | Mode::Refuse)).await.map(|rule| rule.mode);
            match mode {
                Ok(Mode::Swallow) => return std::future::pending().await,
                Ok(_) => to.write_all(&bytes).await?,
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    };
    tokio::try_join!(sends, arrives).map(|((), ())| ())
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, PgConnection};

    use super::*;
    use crate::support::database::Database;

    async fn asks(connection: &mut PgConnection) -> Option<i32> {
        let answer = sqlx::query_scalar("SELECT 1").fetch_one(connection);
        tokio::time::timeout(Duration::from_millis(200), answer).await.ok()?.ok()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_proxy_passes_stalls_slows_cuts_swallows_and_refuses() {
        let database = Database::new().await;
        let proxy = PostgresProxy::before(&database.url).await;
        let url = proxy.url(&database.url);
        let mut connection = PgConnection::connect(&url).await.unwrap();
        assert_eq!(asks(&mut connection).await, Some(1));
        proxy.stalls();
        let mut answer = Box::pin(sqlx::query_scalar::<_, i32>("SELECT 2").fetch_one(&mut connection));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut answer).await.is_err(), "nothing comes");
        proxy.passes();
        assert_eq!(answer.await.unwrap(), 2, "what was held back comes");
        proxy.slows(Duration::from_millis(50));
        let begun = Instant::now();
        assert_eq!(asks(&mut connection).await, Some(1));
        assert!(begun.elapsed() >= Duration::from_millis(50));
        proxy.is_far(Duration::from_millis(50));
        let begun = Instant::now();
        assert_eq!(asks(&mut connection).await, Some(1));
        assert!(begun.elapsed() >= Duration::from_millis(100));
        proxy.passes();
        let mut other = PgConnection::connect(&url).await.unwrap();
        proxy.swallows();
        assert_eq!(asks(&mut other).await, None);
        proxy.passes();
        assert_eq!(asks(&mut other).await, None, "that connection is lost");
        assert_eq!(asks(&mut connection).await, Some(1), "this one carried nothing meanwhile");
        proxy.cuts();
        assert_eq!(asks(&mut connection).await, None, "what was connected is cut");
        assert_eq!(asks(&mut PgConnection::connect(&url).await.unwrap()).await, Some(1), "new ones pass");
        proxy.refuses();
        assert!(PgConnection::connect(&url).await.is_err());
    }
}
