//! What the benchmark's functions return: a sentence when something went wrong.

/// Whatever broke off; the benchmark ends with it.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of everything here.
pub(crate) type Result<T> = std::result::Result<T, Error>;
