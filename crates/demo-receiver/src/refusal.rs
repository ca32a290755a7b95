//! The requests that Sentry refuses, and the words and codes it refuses them with.

/// Why a request is refused.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The path ends in no unsigned integer.
    #[error("invalid project id in the path")]
    BadProjectId,
    /// Neither header nor query carries a key.
    #[error("missing authorization information")]
    NoCredentials,
    /// The header is not `Sentry key=value, …` with a `sentry_key`.
    #[error("bad x-sentry-auth header")]
    UnreadableCredentials,
    /// Header and query both carry credentials.
    #[error("multiple authorization payloads detected")]
    DoubledCredentials,
    /// A public key has 32 characters.
    #[error("bad sentry DSN public key")]
    BadKey,
    /// The key does not exist, is disabled, or belongs to another project.
    #[error("event submission rejected with_reason: ProjectId")]
    UnknownKey,
    /// Neither protobuf nor JSON.
    #[error("unsupported content type: send application/x-protobuf")]
    ContentType,
    /// Neither gzip, deflate nor identity.
    #[error("unsupported content encoding: send gzip, deflate or identity")]
    ContentEncoding,
    /// More than 12 MiB after decompression.
    #[error("payload too large: at most 12 MiB decompressed")]
    TooLarge,
    /// The compression is broken, or the body broke off.
    #[error("the request's body cannot be decompressed")]
    BrokenBody,
    /// The quota is used up.
    #[error("Sentry dropped data due to a quota or internal rate limit being reached")]
    Quota,
    /// The behaviour that somebody chose.
    #[error("this demo receiver was told to answer {0}")]
    Chosen(u16),
}

impl Refusal {
    /// The HTTP status.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::BadProjectId | Self::BadKey | Self::BrokenBody => 400,
            Self::NoCredentials | Self::UnreadableCredentials | Self::DoubledCredentials => 401,
            Self::UnknownKey => 403,
            Self::TooLarge => 413,
            Self::ContentType | Self::ContentEncoding => 415,
            Self::Quota => 429,
            Self::Chosen(status) => status,
        }
    }

    /// The code in `google.rpc.Status` (google/rpc/code.proto) that goes with the HTTP status.
    pub(super) fn rpc_code(self) -> i32 {
        match self.status() {
            400 | 415 => 3,
            401 => 16,
            403 => 7,
            413 | 429 => 8,
            500 => 13,
            503 => 14,
            _ => 2,
        }
    }
}
