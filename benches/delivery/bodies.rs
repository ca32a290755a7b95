//! Events that are encoded already: what the limit sends.

use libdeflater::{CompressionLvl, Compressor};
use tracecast::otlp::{Encode as _, Protobuf, Resource};
use tracecast::trace::{self, TraceSettings};

use crate::{backlog, event};

/// What a destination of the benchmark says about its traces.
pub(crate) fn settings() -> TraceSettings {
    TraceSettings { environment: Some("production".to_owned()), ..TraceSettings::default() }
}

/// Resource spans of one event each. A request may hold any number of them one after another, because protobuf adds up
/// repeated fields.
pub(crate) fn encoded() -> Vec<Vec<u8>> {
    let (settings, resource) = (settings(), Resource::new(""));
    let mut encoder = Protobuf::new(&resource);
    (0..backlog::TEMPLATES)
        .map(|number| {
            let (request, content) = event::completed(number);
            encoder.begin(&resource);
            encoder.push(&trace::build(&request, Some(&content.as_borrowed()), &settings));
            encoder.finish().to_vec()
        })
        .collect()
}

/// Puts bodies together and, if it is to, compresses them; keeps its memory.
pub(crate) struct Splicer {
    events: Vec<Vec<u8>>,
    plain: Vec<u8>,
    gzip: Option<(Compressor, Vec<u8>)>,
}

impl Splicer {
    pub(crate) fn new(gzip: bool) -> Self {
        let gzip = gzip.then(|| (Compressor::new(CompressionLvl::new(1).unwrap_or_default()), Vec::new()));
        Self { events: encoded(), plain: Vec::new(), gzip }
    }

    /// The body of these events: of each the encoded form of the template it was made from.
    pub(crate) fn body(&mut self, numbers: impl Iterator<Item = u64>) -> &[u8] {
        self.plain.clear();
        for number in numbers {
            let index = usize::try_from(number % backlog::TEMPLATES).unwrap_or_default();
            self.plain.extend_from_slice(&self.events[index]);
        }
        let Some((compressor, compressed)) = &mut self.gzip else { return &self.plain };
        compressed.resize(compressor.gzip_compress_bound(self.plain.len()), 0);
        let length = compressor.gzip_compress(&self.plain, compressed).unwrap_or_default();
        &compressed[..length]
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &'static str {
        if self.gzip.is_some() {
            "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n"
        } else {
            "content-type: application/x-protobuf\r\n"
        }
    }
}
