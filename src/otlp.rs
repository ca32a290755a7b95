//! OTLP over HTTP: what is sent, and what the answer means.

pub mod answer;
mod encode;
mod gzip;
mod json;
mod protobuf;
mod resource;

pub use self::encode::{Checkpoint, Encode, VERSION};
pub use self::gzip::{Compression, Gzip};
pub use self::json::Json;
pub use self::protobuf::Protobuf;
pub use self::resource::Resource;

#[cfg(test)]
mod tests;
