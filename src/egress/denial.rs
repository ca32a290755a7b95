//! Why the guard refuses an address. For the operator's log only: a person gets one sentence for all of them.

use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    #[error("the address is longer than 2,048 bytes")]
    TooLong,
    /// Neither `https`, nor `http` where the operator allows it.
    #[error("the scheme is not allowed")]
    Scheme,
    /// A user or a password.
    #[error("the address names a user")]
    User,
    /// Something after `#`.
    #[error("the address has a fragment")]
    Fragment,
    #[error("the address has control characters")]
    ControlCharacters,
    #[error("the address names no host")]
    NoHost,
    /// A name that only means something inside a network.
    #[error("the host is a local name")]
    LocalName,
    /// Neither 443 nor 4318 nor on the operator's list.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// An address that is not public and not on the operator's list.
    #[error("the address {0} is not allowed")]
    Address(IpAddr),
}

impl Denial {
    /// The word for logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Scheme => "scheme",
            Self::User => "user",
            Self::Fragment => "fragment",
            Self::ControlCharacters => "control_characters",
            Self::NoHost => "no_host",
            Self::LocalName => "local_name",
            Self::Port(_) => "port",
            Self::Address(_) => "address",
        }
    }
}
