//! How large a body may be and how long it may take to arrive (spec 5.5). actix-web by itself waits for ever.

use std::time::Duration;

use actix_web::web::Bytes;
use tokio::time::timeout;

use super::incoming::{Broken, Incoming};
use crate::state::bodies::MOST_OF_ONE;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes that it may hold.
    pub bytes: usize,
    /// The longest that it may take to arrive.
    pub time: Duration,
    /// Bytes of a larger body that are read and thrown away before it is refused.
    drained: usize,
}

/// A form of a page. A browser that is still sending never sees an answer, so it may finish within reason.
pub const FORM: Limits = Limits { bytes: 64 * 1024, time: Duration::from_secs(10), drained: 16 * 1024 * 1024 };

/// Settings, as programs send them.
pub const SETTINGS: Limits = Limits { bytes: 256 * 1024, time: Duration::from_secs(30), drained: 0 };

pub const API: Limits = Limits { bytes: MOST_OF_ONE, time: Duration::from_secs(30), drained: 0 };

/// Why a body was not read to its end. Not a `std::error::Error`: each edge answers it in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    TooSlow,
    Broken(Broken),
}

impl Incoming {
    /// Hands each piece of the body to `take`, within the limits.
    ///
    /// # Errors
    /// When the body breaks a limit or breaks off, or `take` refuses a piece.
    pub async fn read<E: From<Unread>>(
        mut self,
        limits: &Limits,
        take: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = timeout(limits.time, self.read_within(limits, take)).await;
        read.unwrap_or_else(|_| Err(Unread::TooSlow.into()))
    }

    async fn read_within<E: From<Unread>>(
        &mut self,
        limits: &Limits,
        mut take: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut seen = 0;
        while let Some(piece) = self.next().await.map_err(Unread::Broken)? {
            seen += piece.len();
            if seen <= limits.bytes {
                take(piece)?;
            } else if seen > limits.drained {
                break;
            }
        }
        if seen > limits.bytes { Err(Unread::TooLarge.into()) } else { Ok(()) }
    }
}
