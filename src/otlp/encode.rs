//! How traces become the body of a request, whatever its form.

use std::fmt;

use bytes::Bytes;

use super::Resource;
use crate::trace::Export;

/// Version of the way from recorded entries to bytes: of the encoders and of [`crate::trace`]. It counts up when the same
/// entries become other bytes, so that a receipt can say whether it shows what was sent.
pub const VERSION: u16 = 3;

/// A body as it grows, trace after trace. Buffers are kept between bodies.
pub trait Encode: fmt::Debug + Send {
    /// Begins the next body, of traces that share `resource`.
    fn begin(&mut self, resource: &Resource);

    fn push(&mut self, export: &Export<'_>);

    /// What the body holds so far.
    fn checkpoint(&self) -> Checkpoint;

    /// Takes back what was added since `checkpoint`, which must be of this body.
    fn rewind(&mut self, checkpoint: Checkpoint);

    /// Bytes of the whole body, as [`Self::finish`] will give them.
    fn encoded_len(&self) -> usize;

    /// The body.
    fn finish(&mut self) -> &[u8];

    /// The body, given away instead of lent. The next one has room for as much.
    fn take(&mut self) -> Bytes;
}

/// How far a body has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    pub traces: usize,
    pub spans: usize,
    /// Of the encoder's buffer: only the encoder that gave them understands them.
    pub bytes: usize,
}
