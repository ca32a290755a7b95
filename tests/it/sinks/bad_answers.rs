//! Each sink against receivers that answer badly: its connection test ends, and says what is wrong.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use tracecast::connection_test::{self, Verdict};
use tracecast::destination::{Settings, kinds};

use crate::connection_test::given;

/// More than is read of any body.
const LARGE: usize = 200 * 1024;

const SINKS: [&str; 3] = ["webhook", "clickhouse", "s3"];

/// Writes an answer, whatever was asked.
type Answers = fn(&mut TcpStream) -> std::io::Result<()>;

/// Listens, and answers each connection's first request.
fn receiver(answers: Answers) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let read = stream.read(&mut vec![0; 64 * 1024]);
                // The other side may hang up whenever it likes.
                read.and_then(|_| answers(&mut stream)).ok();
            });
        }
    });
    address
}

fn large(stream: &mut TcpStream, status: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {LARGE}\r\n\r\n")?;
    stream.write_all(&vec![b'x'; LARGE])
}

fn large_success(stream: &mut TcpStream) -> std::io::Result<()> {
    large(stream, "200 OK")
}

fn large_failure(stream: &mut TcpStream) -> std::io::Result<()> {
    large(stream, "500 Internal Server Error")
}

fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n")?;
    loop {
        write!(stream, "400\r\n{}\r\n", "x".repeat(0x400))?;
    }
}

/// Half a head, and then nothing until the other side has gone.
fn slow(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-")?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn web_page(stream: &mut TcpStream) -> std::io::Result<()> {
    let page = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head></html>";
    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{page}", page.len())
}

fn other_protocol(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"220 mail.example.com ESMTP\r\n")
}

fn hangs_up(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Both)
}

async fn tested(kind: &str, address: SocketAddr) -> Verdict {
    let base = format!("http://{address}");
    let fields: &[(&'static str, &str)] = match kind {
        "webhook" => &[("url", &base)],
        "clickhouse" => &[("host", &base), ("database", "d"), ("username", "u"), ("password", "p")],
        "s3" => &[("endpoint", &base), ("bucketName", "traces"), ("accessKeyId", "id"), ("secretAccessKey", "secret")],
        _ => panic!("{kind} is no sink"),
    };
    let kind = kinds::find(kind).unwrap();
    let connection = kind.connect(&fields.iter().copied().collect::<Settings>()).unwrap();
    connection_test::run(&given(), kind, &connection).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sink_outlives_bad_answers_and_says_what_is_wrong() {
    let table: [(Answers, Option<u16>, &str); 6] = [
        (large_failure, Some(500), ""),
        (endless, Some(400), ""),
        (slow, None, "did not answer in time"),
        (web_page, Some(200), "web page"),
        (other_protocol, None, "does not speak HTTP"),
        (hangs_up, None, "closed the connection"),
    ];
    for kind in SINKS {
        for (answers, status, words) in table {
            let verdict = tested(kind, receiver(answers)).await;
            let advice = verdict.advice.as_deref().unwrap();
            assert!(!verdict.passed && advice.contains(words), "{kind}: `{words}` is not in `{advice}`");
            assert_eq!((verdict.status, verdict.trace_id.as_deref()), (status, None), "{kind}: {advice}");
            let all = format!("{verdict:?}");
            assert!(all.len() < 8 * 1024, "{kind} repeats {} bytes", all.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn success_of_a_sink_is_read_to_its_bound_and_no_further() {
    for (kind, passes) in [("webhook", true), ("s3", true), ("clickhouse", false)] {
        let verdict = tested(kind, receiver(large_success)).await;
        // ClickHouse has to describe its table; the others' answers say nothing.
        assert_eq!(verdict.passed, passes, "{kind}: {verdict:?}");
        assert!(passes || verdict.advice.unwrap().contains("none of the columns"));
    }
}
