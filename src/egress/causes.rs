//! Reads what went wrong out of a chain of foreign errors: by type, never by text.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use super::error::{ConnectFailure, Error, TlsFailure};

/// What the causes of a failed request say, gathered from the outermost to the innermost.
#[derive(Default)]
struct Causes {
    ours: Option<Error>,
    tls: Option<TlsFailure>,
    io: Option<io::ErrorKind>,
    not_http: bool,
}

impl Causes {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut causes = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            next = causes.note(error).or_else(|| error.source());
        }
        causes
    }

    /// Notes one link of the chain. An `io::Error` hides the error inside it from `source`, so that comes next.
    fn note<'a>(&mut self, error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
        if let Some(ours) = error.downcast_ref::<Error>() {
            self.ours.get_or_insert(*ours);
        } else if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            self.tls.get_or_insert(TlsFailure::from(tls));
        } else if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            self.not_http |= hyper.is_parse();
        } else if let Some(io) = error.downcast_ref::<io::Error>() {
            self.io = Some(io.kind());
            return io.get_ref().map(|inner| inner as &(dyn StdError + 'static));
        }
        None
    }
}

impl From<&reqwest::Error> for Error {
    fn from(error: &reqwest::Error) -> Self {
        let causes = Causes::of(error);
        if let Some(ours) = causes.ours {
            return ours;
        }
        if let Some(tls) = causes.tls {
            return Self::Tls(tls);
        }
        if error.is_connect() {
            let timed_out = error.is_timeout();
            return Self::Connect(match causes.io {
                Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
                    return Self::Interrupted;
                }
                _ if timed_out => ConnectFailure::TimedOut,
                Some(kind) => ConnectFailure::from(&io::Error::from(kind)),
                None => ConnectFailure::Unreachable,
            });
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        if causes.not_http { Self::NotHttp } else { Self::Interrupted }
    }
}

/// From a TLS handshake.
impl From<&io::Error> for Error {
    fn from(error: &io::Error) -> Self {
        let causes = Causes::of(error);
        match causes.tls {
            Some(tls) => Self::Tls(tls),
            None if error.kind() == io::ErrorKind::TimedOut => Self::Timeout,
            None => Self::Interrupted,
        }
    }
}
