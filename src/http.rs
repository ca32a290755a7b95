//! What every listener shares, whoever calls: who sent a request, under which name, the headers of its answer, panics, and how
//! large and how slow a body may be (spec 5.4, 5.5). It knows neither pages nor the API.

mod api_document;
pub mod body;
mod client;
mod edge;
mod headers;
pub mod host;
mod incoming;
mod listener;
mod whereabouts;

pub use self::api_document::ApiDocument;
pub use self::client::client;
pub use self::edge::{Edge, pass, refuse};
pub use self::headers::Headers;
pub use self::incoming::{Broken, Incoming};
pub use self::listener::Listener;
