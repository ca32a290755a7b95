//! A body that leaves only if it may once there is a connection to carry it: connecting can take seconds.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};

/// Asked right before the body leaves.
pub type MayLeave = BoxFuture<'static, bool>;

/// The body, and what decides over it.
pub(super) struct Gated {
    /// The lock is never waited for: hyper wants bodies that could be shared.
    may_leave: Mutex<MayLeave>,
    body: Option<Bytes>,
    gate: Gate,
}

/// Tells whether the body was held back.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<AtomicBool>);

/// It may not leave any more.
#[derive(Debug, thiserror::Error)]
#[error("the request was withheld")]
pub(super) struct Withheld;

impl Gated {
    pub(super) fn new(body: Bytes, may_leave: MayLeave) -> (Self, Gate) {
        let gate = Gate::default();
        (Self { may_leave: Mutex::new(may_leave), body: Some(body), gate: gate.clone() }, gate)
    }
}

impl Gate {
    /// Whether there was a connection, and the body did not leave: it may not, or nobody could say yet whether it may.
    pub(super) fn is_shut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set_shut(&self, shut: bool) {
        self.0.store(shut, Ordering::Release);
    }
}

impl Body for Gated {
    type Data = Bytes;
    type Error = Withheld;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Withheld>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        self.gate.set_shut(true);
        let may_leave = self.may_leave.get_mut().unwrap_or_else(PoisonError::into_inner);
        let may_leave = ready!(may_leave.as_mut().poll(context));
        let body = self.body.take();
        if !may_leave {
            return Poll::Ready(Some(Err(Withheld)));
        }
        self.gate.set_shut(false);
        Poll::Ready(body.map(|body| Ok(Frame::data(body))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.as_ref().map_or(0, |body| body.len() as u64))
    }
}
