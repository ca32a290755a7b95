//! The least HTTP client that there can be: one kept connection, blocking, bodies whose length is told. It sets the limit
//! that others are measured against.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConnection, StreamOwned};
use tracecast::egress;

use crate::outcome::Result;
use crate::receiver::Endpoint;

/// What a connection goes over.
trait Stream: Read + Write + Debug + Send {}
impl<S: Read + Write + Debug + Send> Stream for S {}

/// One kept connection.
#[derive(Debug)]
pub(crate) struct Post {
    address: SocketAddr,
    stream: Box<dyn Stream>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Post {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::over(Box::new(tcp(address)?), address))
    }

    /// The same to a receiver, which may speak TLS.
    pub(crate) fn to(receiver: &Endpoint) -> Result<Self> {
        match &receiver.certificate {
            Some(certificate) => Ok(Self::over(Box::new(tls(receiver.address, certificate)?), receiver.address)),
            None => Ok(Self::connect(receiver.address)?),
        }
    }

    fn over(stream: Box<dyn Stream>, address: SocketAddr) -> Self {
        Self { address, stream, request: Vec::new(), answer: Vec::new() }
    }

    /// Sends `body`; gives the answer's status and body. `headers` end in line ends.
    pub(crate) fn send(&mut self, path: &str, headers: &str, body: &[u8]) -> io::Result<(u16, &[u8])> {
        self.watch(path, headers, body, |_| ())
    }

    /// The same with another method.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<(u16, &[u8])> {
        self.write(method, path, headers, body)?;
        self.read(|_| ())
    }

    /// As [`Self::send`]; `came` gets what there is of the answer whenever more of it has come.
    pub(crate) fn watch(
        &mut self,
        path: &str,
        headers: &str,
        body: &[u8],
        came: impl FnMut(&[u8]),
    ) -> io::Result<(u16, &[u8])> {
        self.write("POST", path, headers, body)?;
        self.read(came)
    }

    fn write(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<()> {
        self.request.clear();
        let (host, length) = (self.address, body.len());
        write!(self.request, "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {length}\r\n\r\n")?;
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request)?;
        self.stream.flush()
    }

    fn read(&mut self, mut came: impl FnMut(&[u8])) -> io::Result<(u16, &[u8])> {
        self.answer.clear();
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(end) = complete(&self.answer) {
                let (status, body) = head(&self.answer).map_or((0, end), |head| (head.status, head.body));
                return Ok((status, &self.answer[body..end]));
            }
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.answer.extend_from_slice(&chunk[..count]);
            came(&self.answer);
        }
    }
}

fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// With the program's own configuration: the same cryptography, and one more certificate to trust.
fn tls(address: SocketAddr, certificate: &Path) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let config = egress::client_config(&[CertificateDer::from_pem_file(certificate)?])?;
    let connection = ClientConnection::new(Arc::new(config), address.ip().into())?;
    Ok(StreamOwned::new(connection, tcp(address)?))
}

/// What an answer's head says.
struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    /// None: it comes in chunks.
    length: Option<usize>,
}

/// Once the head is there.
fn head(answer: &[u8]) -> Option<Head> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..body]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = header(head, "content-length").and_then(|length| length.parse().ok());
    Some(Head { status, body, length })
}

/// Where the answer ends, once all of it is there.
fn complete(answer: &[u8]) -> Option<usize> {
    let Head { body, length, .. } = head(answer)?;
    match length {
        Some(length) => (answer.len() >= body + length).then_some(body + length),
        None => answer[body..].ends_with(b"0\r\n\r\n").then_some(answer.len()),
    }
}

/// A header's value. Names in any case.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value.trim()))
}
