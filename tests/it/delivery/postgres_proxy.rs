//! A TCP proxy before Postgres' socket that can refuse, cut and stall.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They pass.
    Pass,
    /// Answers pass after a pause.
    Slow(Duration),
    /// They wait.
    Stall,
    /// Connections are cut and new ones reset.
    Refuse,
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
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                stopped.run_until_cancelled(accept(listener, &socket, &rules)).await;
            });
        });
        Self { address: address.await.unwrap(), rule, stop }
    }

    /// `url`, through the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_query(Some("sslmode=disable"));
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    pub(crate) fn passes(&self) {
        self.rule.send_modify(|rule| rule.mode = Mode::Pass);
    }

    /// Cuts what is connected and resets what connects: Postgres is away.
    pub(crate) fn refuses(&self) {
        self.rule.send_modify(|rule| *rule = Rule { mode: Mode::Refuse, cuts: rule.cuts + 1 });
    }

    /// Every answer takes this long: Postgres is far away, or does not keep up.
    pub(crate) fn slows(&self, pause: Duration) {
        self.rule.send_modify(|rule| rule.mode = Mode::Slow(pause));
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

async fn accept(listener: TcpListener, socket: &Path, rules: &watch::Receiver<Rule>) {
    let tasks = TaskTracker::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let rule = *rules.borrow();
        if rule.mode == Mode::Refuse {
            let _ = client.set_zero_linger();
            continue;
        }
        let (socket, rules) = (socket.to_owned(), rules.clone());
        tasks.spawn(async move {
            // A connection that breaks is what this is for.
            let _ = pass(client, &socket, rule.cuts, rules).await;
        });
    }
}

async fn pass(mut client: TcpStream, socket: &Path, cuts: u64, mut rules: watch::Receiver<Rule>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = UnixStream::connect(socket).await?;
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let rule = *rules.borrow_and_update();
        let pause = match rule.mode {
            Mode::Pass => Some(Duration::ZERO),
            Mode::Slow(pause) => Some(pause),
            Mode::Stall | Mode::Refuse => None,
        };
        if rule.cuts > cuts {
            return client.set_zero_linger();
        }
        tokio::select! {
            changed = rules.changed() => if changed.is_err() { return Ok(()) },
            length = client.read(&mut asked), if pause.is_some() => match length? {
                0 => return Ok(()),
                length => server.write_all(&asked[..length]).await?,
            },
            length = server.read(&mut answered), if pause.is_some() => match length? {
                0 => return Ok(()),
                length => {
                    tokio::time::sleep(pause.unwrap_or_default()).await;
                    client.write_all(&answered[..length]).await?;
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sqlx::{Connection as _, PgConnection};

    use super::*;
    use crate::support::database::Database;

    async fn asks(connection: &mut PgConnection) -> Option<i32> {
        let answer = sqlx::query_scalar("SELECT 1").fetch_one(connection);
        tokio::time::timeout(Duration::from_millis(200), answer).await.ok()?.ok()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_proxy_passes_stalls_slows_cuts_and_refuses() {
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
        proxy.passes();
        proxy.cuts();
        assert_eq!(asks(&mut connection).await, None, "what was connected is cut");
        assert_eq!(asks(&mut PgConnection::connect(&url).await.unwrap()).await, Some(1), "new ones pass");
        proxy.refuses();
        assert!(PgConnection::connect(&url).await.is_err());
    }
}
