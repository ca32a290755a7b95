//! OTLP over HTTP: what is sent, and what the answer means.

pub mod answer;
pub mod encode;
mod gzip;

pub use self::encode::{Encoder, Resource, VERSION};
pub use self::gzip::{Compression, Gzip};
