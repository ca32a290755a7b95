//! The receiver's side of HTTP/1.1, no more of it than exporters use: kept connections, bodies with their length.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;
use tracecast::clock::Clock;

use super::tally::Tally;
use super::{ARRIVALS, COUNTS, HOST, RESET, certificate, completions};
use crate::outcome::Result;
use crate::post::header;

/// What an exporter gets: an empty `ExportTraceServiceResponse`.
const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// Serves until the process is ended, with TLS if there is a file for the certificate; its first line of output is its
/// address.
pub(crate) fn run(delay: Duration, arrivals: bool, certificate: Option<&Path>) -> Result<()> {
    let acceptor = certificate.map(certificate::acceptor).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(async move {
        let listener = TcpListener::bind((HOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let tally = Rc::new(RefCell::new(Tally::new(arrivals)));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (tally, acceptor) = (tally.clone(), acceptor.clone());
            tokio::task::spawn_local(async move {
                let served = match acceptor {
                    Some(acceptor) => secured(&acceptor, stream, &tally, delay).await,
                    None => connection(stream, &tally, delay).await,
                };
                if let Err(error) = served {
                    eprintln!("receiver: {error}");
                }
            });
        }
    }))
}

async fn secured(acceptor: &TlsAcceptor, stream: TcpStream, tally: &RefCell<Tally>, delay: Duration) -> Result<()> {
    connection(acceptor.accept(stream).await?, tally, delay).await
}

async fn connection(mut stream: impl Stream, tally: &RefCell<Tally>, delay: Duration) -> Result<()> {
    let mut bytes = Vec::with_capacity(1 << 20);
    loop {
        let Some(end) = read_head(&mut stream, &mut bytes).await? else { return Ok(()) };
        let head = std::str::from_utf8(&bytes[..end])?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let gzip = header(head, "content-encoding") == Some("gzip");
        // What asks for something sends no body, as LiteLLM when it looks for models.
        let length: usize = header(head, "content-length").unwrap_or("0").parse()?;
        while bytes.len() < end + length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err("a request broke off".into());
            }
        }
        let at = Clock::System.unix_nanos().0;
        let body = &bytes[end..end + length];
        match path.as_str() {
            path if completions::PATHS.contains(&path) => completions::answer(&mut stream, path, body).await?,
            COUNTS => {
                let counts = tally.borrow().counts();
                answer(&mut stream, &counts).await?;
            }
            ARRIVALS => {
                let arrivals = tally.borrow().arrivals();
                answer(&mut stream, &arrivals).await?;
            }
            RESET => {
                tally.borrow_mut().reset();
                answer(&mut stream, b"").await?;
            }
            _ => {
                tally.borrow_mut().add(body, gzip, at)?;
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                stream.write_all(TAKEN).await?;
                stream.flush().await?;
            }
        }
        bytes.drain(..end + length);
    }
}

/// Where the body begins. None: the other side has closed the connection.
async fn read_head(stream: &mut impl Stream, bytes: &mut Vec<u8>) -> Result<Option<usize>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            return Ok(Some(end + 4));
        }
        let count = match stream.read_buf(bytes).await {
            // A process that is ended does not say goodbye in TLS.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            read => read?,
        };
        if count == 0 {
            return if bytes.is_empty() { Ok(None) } else { Err("a request broke off in its head".into()) };
        }
    }
}

pub(super) async fn answer(stream: &mut impl Stream, body: &[u8]) -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    Ok(stream.flush().await?)
}
