//! What can go wrong on the way out, distinguished by type.

use super::denial::Denial;
use crate::delivery::{Attention, Outcome, WaitReason};

/// Why no answer came. Its Display form is the sentence that a person may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The guard refuses the address. One sentence for all reasons (spec 5.1); see [`Error::denial`] for the log.
    #[error(
        "This address cannot be reached from here. Use a public https address on port 443 or 4318, or ask the operator \
         of this server to allow this one."
    )]
    Refused(Denial),
    /// The name leads nowhere.
    #[error("{}", .0.sentence())]
    Dns(DnsFailure),
    /// No connection came about.
    #[error("{}", .0.sentence())]
    Connect(ConnectFailure),
    /// No trustworthy TLS connection came about.
    #[error("{}", .0.sentence())]
    Tls(TlsFailure),
    /// No complete answer in time.
    #[error(
        "The server did not answer in time. Try again; if it stays, look at the server's load and at firewalls between."
    )]
    Timeout,
    /// The connection broke before the answer was complete.
    #[error(
        "The server closed the connection before it had answered. Check that the address and port belong to the receiver."
    )]
    Interrupted,
    /// What came back is no HTTP.
    #[error("What answered does not speak HTTP. Check scheme (http or https) and port.")]
    NotHttp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsFailure {
    /// The name does not exist, or has no address.
    NotFound,
    /// No name server gave an answer in time.
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectFailure {
    /// Nothing listens on the port.
    Refused,
    /// There is no way to the address.
    Unreachable,
    /// No answer in time.
    TimedOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFailure {
    /// The certificate is for other names.
    NameMismatch,
    Expired,
    NotYetValid,
    /// The certificate's issuer is not trusted here.
    UnknownIssuer,
    /// The certificate is unusable for another reason.
    Certificate,
    NotTls,
    /// No agreement on version or ciphers, or the peer gave up.
    Handshake,
}

impl Error {
    /// The word for logs, metrics and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused(_) => "address_refused",
            Self::Dns(DnsFailure::NotFound) => "dns_not_found",
            Self::Dns(DnsFailure::Unanswered) => "dns_unanswered",
            Self::Connect(ConnectFailure::Refused) => "connection_refused",
            Self::Connect(ConnectFailure::Unreachable) => "unreachable",
            Self::Connect(ConnectFailure::TimedOut) => "connect_timeout",
            Self::Tls(failure) => failure.name(),
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::NotHttp => "not_http",
        }
    }

    /// Why the guard refused: for the operator's log, never for a page.
    pub fn denial(self) -> Option<Denial> {
        match self {
            Self::Refused(denial) => Some(denial),
            _ => None,
        }
    }

    /// What it means for a batch and its destination (spec 4.3).
    pub fn outcome(self) -> Outcome {
        let wait = |reason| Outcome::Wait { reason, sentence: self.to_string(), not_before: None };
        let attention = |reason| Outcome::NeedsAttention { reason, status: None, advice: self.to_string() };
        match self {
            Self::Refused(_) => attention(Attention::AddressRefused),
            Self::Tls(_) => attention(Attention::Tls),
            Self::Dns(_) | Self::Connect(_) => wait(WaitReason::Unreachable),
            Self::Timeout => wait(WaitReason::TimedOut),
            Self::Interrupted | Self::NotHttp => wait(WaitReason::Interrupted),
        }
    }
}

impl DnsFailure {
    fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "This host name does not exist. Check its spelling.",
            Self::Unanswered => {
                "The host name could not be looked up: no name server answered. Try again; if it stays, tell the operator \
                 of this server."
            }
        }
    }
}

impl ConnectFailure {
    fn sentence(self) -> &'static str {
        match self {
            Self::Refused => {
                "The server refuses connections on this port. Check host and port, and that the receiver runs."
            }
            Self::Unreachable => "There is no way to this server. Check the host, and firewalls between.",
            Self::TimedOut => {
                "The server did not take the connection in time. Check host and port, and firewalls between."
            }
        }
    }
}

impl TlsFailure {
    fn name(self) -> &'static str {
        match self {
            Self::NameMismatch => "tls_name_mismatch",
            Self::Expired => "tls_expired",
            Self::NotYetValid => "tls_not_yet_valid",
            Self::UnknownIssuer => "tls_unknown_issuer",
            Self::Certificate => "tls_certificate",
            Self::NotTls => "tls_not_spoken",
            Self::Handshake => "tls_handshake",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::NameMismatch => {
                "The server's certificate is for another name. Use the host name that stands in the certificate."
            }
            Self::Expired => "The server's certificate has expired. Renew it on the server.",
            Self::NotYetValid => "The server's certificate is not valid yet. Check the clocks of both servers.",
            Self::UnknownIssuer => {
                "The server's certificate comes from an authority that is not trusted here. Use a public certificate, or \
                 ask the operator of this server to trust the authority."
            }
            Self::Certificate => "The server's certificate cannot be used. Replace it on the server.",
            Self::NotTls => {
                "What answers on this port does not speak TLS. Check the port, or whether http:// is meant."
            }
            Self::Handshake => {
                "No secure connection came about: the server and this one agree on no version of TLS. \
                 Allow TLS 1.2 or 1.3 on the server."
            }
        }
    }
}
