//! A proxy on loopback before a server on loopback, as operators put one before the program: it passes on what it is sent, with
//! other headers.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// What a proxy does to the head of each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// Lines that it adds.
    pub(crate) adds: &'static [&'static str],
    /// The name of the server that it tells.
    pub(crate) host: &'static str,
}

/// Starts one before the server at `url`. It ends with the test program. Where it listens.
pub(crate) fn before(url: &str, habits: Habits) -> String {
    let server: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass(client, server, habits));
        }
    });
    format!("http://{address}")
}

/// Passes one request on, and its answer back until the server closes.
fn pass(mut client: TcpStream, server: SocketAddr, habits: Habits) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    let mut asked = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    while asked.read_line(&mut line)? > 0 && line != "\r\n" {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "host" | "connection") {
            server.write_all(line.as_bytes())?;
        }
        line.clear();
    }
    let own = [format!("Host: {}", habits.host), "Connection: close".to_owned()];
    for line in habits.adds.iter().map(|line| (*line).to_owned()).chain(own) {
        write!(server, "{line}\r\n")?;
    }
    server.write_all(b"\r\n")?;
    let mut answered = server.try_clone()?;
    thread::spawn(move || io::copy(&mut asked, &mut server));
    io::copy(&mut answered, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}
