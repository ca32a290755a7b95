//! The body of a request as it comes in, and how it breaks off.

use std::convert::Infallible;
use std::future::{Future, Ready, pending, ready};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::{FutureExt as _, StreamExt as _};

/// Bytes of a body that are taken in before it is known who sends it.
const EARLY_BYTES: usize = 16 * 1024;

/// The pieces of a body.
pub struct Incoming {
    payload: Payload,
    is_chunked: bool,
    /// Bytes that arrived before they were asked for.
    early: Vec<u8>,
    has_ended: bool,
}

/// Why a body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Its chunks are malformed.
    Encoding,
    /// The caller went away.
    Gone,
}

impl FromRequest for Incoming {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_chunked = request.chunked().unwrap_or_default();
        ready(Ok(Self { payload: payload.take(), is_chunked, early: Vec::new(), has_ended: false }))
    }
}

impl Incoming {
    /// The next piece. None: that was all.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        if !self.early.is_empty() {
            return Ok(Some(std::mem::take(&mut self.early).into()));
        }
        self.receive().await
    }

    /// Does other work first, and reads the body's first bytes meanwhile. At a malformed chunk actix-web ends the
    /// connection and everything that runs for its request, so an answer must be given at once.
    ///
    /// # Errors
    /// When the body breaks off before the other thing is done.
    pub async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Broken> {
        tokio::select! {
            biased;
            broken = self.breaks() => Err(broken),
            done = work => Ok(done),
        }
    }

    /// Returns when the body breaks off within its first bytes, else never.
    async fn breaks(&mut self) -> Broken {
        while self.early.len() < EARLY_BYTES {
            match self.receive().await {
                Ok(Some(piece)) => self.early.extend_from_slice(&piece),
                Ok(None) => break,
                Err(broken) => return broken,
            }
        }
        pending().await
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Broken> {
        if self.has_ended {
            return Ok(None);
        }
        match self.payload.next().await {
            Some(Ok(piece)) => Ok(Some(piece)),
            Some(Err(error)) => Err(self.broken(&error)),
            None => {
                self.has_ended = true;
                Ok(None)
            }
        }
    }

    /// actix-http reports malformed chunks and a closed connection by the same error. After a closed connection the
    /// body ends; after a malformed chunk nothing more comes.
    fn broken(&mut self, error: &PayloadError) -> Broken {
        match error {
            PayloadError::EncodingCorrupted => Broken::Encoding,
            PayloadError::Incomplete(None) if self.is_chunked && self.payload.next().now_or_never().is_none() => {
                Broken::Encoding
            }
            _ => Broken::Gone,
        }
    }
}
