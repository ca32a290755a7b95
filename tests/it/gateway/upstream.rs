//! A model server that does exactly what a test tells it, down to the bytes on the wire.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One step of an answer.
#[derive(Debug, Clone)]
enum Step {
    Write(Vec<u8>),
    Pause(Duration),
    /// Waits until the gateway hangs up.
    AwaitHangUp,
    /// Closes with RST.
    Reset,
}

/// What is answered to one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script(Vec<Step>);

impl Script {
    /// A whole answer.
    pub(crate) fn whole(status: u16, content_type: &str, body: &str) -> Self {
        Self::head(status, content_type, &format!("content-length: {}\r\n", body.len())).write(body)
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::whole(status, "application/json", &body.to_string())
    }

    /// A whole answer with a header more.
    pub(crate) fn with_header(status: u16, header: &str, body: &Value) -> Self {
        let body = body.to_string();
        let headers = format!("content-length: {}\r\n{header}\r\n", body.len());
        Self::head(status, "application/json", &headers).write(&body)
    }

    /// The beginning of a stream of events.
    pub(crate) fn stream() -> Self {
        Self::begin(200, "text/event-stream; charset=utf-8")
    }

    /// As [`Self::stream`], with headers more.
    pub(crate) fn stream_with_header(header: &str) -> Self {
        Self::head(200, "text/event-stream", &format!("transfer-encoding: chunked\r\n{header}\r\n"))
    }

    /// A connection that breaks before anything is answered.
    pub(crate) fn reset() -> Self {
        Self(vec![Step::Reset])
    }

    /// Never answers.
    pub(crate) fn silence() -> Self {
        Self(vec![Step::AwaitHangUp])
    }

    fn head(status: u16, content_type: &str, headers: &str) -> Self {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\nconnection: close\r\n{headers}\r\n");
        Self(vec![Step::Write(head.into_bytes())])
    }

    fn write(self, text: &str) -> Self {
        self.write_bytes(text.as_bytes())
    }

    fn write_bytes(mut self, bytes: &[u8]) -> Self {
        self.0.push(Step::Write(bytes.to_vec()));
        self
    }

    /// A whole answer of any bytes, with headers that end in a line end each.
    pub(crate) fn encoded(status: u16, content_type: &str, headers: &str, body: &[u8]) -> Self {
        let headers = format!("content-length: {}\r\n{headers}", body.len());
        Self::head(status, content_type, &headers).write_bytes(body)
    }

    /// The beginning of a body of any type, whose pieces follow.
    pub(crate) fn begin(status: u16, content_type: &str) -> Self {
        Self::head(status, content_type, "transfer-encoding: chunked\r\n")
    }

    /// A stream whose bytes come one by one.
    pub(crate) fn byte_by_byte(text: &str) -> Self {
        let stream = Self::stream();
        let written =
            text.bytes().fold(stream, |script, byte| script.write_bytes(b"1\r\n").write_bytes(&[byte, b'\r', b'\n']));
        written.end()
    }

    /// Bytes of a stream.
    pub(crate) fn bytes(self, text: &str) -> Self {
        self.write(&format!("{:x}\r\n{text}\r\n", text.len()))
    }

    /// A chunk of a stream.
    pub(crate) fn event(self, data: &Value) -> Self {
        self.bytes(&format!("data: {data}\n\n"))
    }

    pub(crate) fn pause(mut self, milliseconds: u64) -> Self {
        self.0.push(Step::Pause(Duration::from_millis(milliseconds)));
        self
    }

    /// The same after a pause.
    pub(crate) fn after(mut self, milliseconds: u64) -> Self {
        self.0.insert(0, Step::Pause(Duration::from_millis(milliseconds)));
        self
    }

    /// Stays open without another byte until the gateway hangs up.
    pub(crate) fn then_silence(mut self) -> Self {
        self.0.push(Step::AwaitHangUp);
        self
    }

    /// Ends the stream as HTTP says. Without it, the connection is cut.
    pub(crate) fn end(self) -> Self {
        self.write("0\r\n\r\n")
    }

    /// `[DONE]` and the end.
    pub(crate) fn done(self) -> Self {
        self.bytes("data: [DONE]\n\n").end()
    }
}

/// A request as it reached the model server.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Request line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Debug, Clone)]
pub(crate) struct ModelServer {
    pub(crate) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    hung_up: Arc<Notify>,
}

impl ModelServer {
    /// Answers the first request by the first script, and so on; the last script answers all further ones.
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    pub(crate) async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = Self { base_url, asked: Arc::default(), hung_up: Arc::default() };
        let mut scripts: Vec<Script> = scripts.into_iter().collect();
        let serving = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = if scripts.len() > 1 { scripts.remove(0) } else { scripts[0].clone() };
                tokio::spawn(serving.clone().serve(stream, script));
            }
        });
        server
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A whole request has come in.
    pub(crate) async fn has_been_asked(&self) {
        while self.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The gateway has hung up on a script that awaits it.
    pub(crate) async fn hung_up(&self) {
        tokio::time::timeout(Duration::from_secs(5), self.hung_up.notified()).await.expect("the gateway hangs up");
    }

    async fn serve(self, mut stream: TcpStream, script: Script) {
        let asked = read_request(&mut stream).await;
        self.asked.lock().unwrap().push(asked);
        for step in script.0 {
            match step {
                Step::Write(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Pause(pause) => tokio::time::sleep(pause).await,
                Step::AwaitHangUp => {
                    let _ = stream.read(&mut [0; 16]).await;
                    self.hung_up.notify_one();
                    return;
                }
                Step::Reset => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
            }
        }
        let _ = stream.shutdown().await;
    }
}

async fn read_request(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Asked { head, body: body.to_owned() };
            }
        }
        let mut buffer = vec![0; 65_536];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the gateway hung up in the middle of its request");
        bytes.extend_from_slice(&buffer[..read]);
    }
}
