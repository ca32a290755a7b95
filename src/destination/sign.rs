//! What a kind does to each request that a list of headers cannot say: it is signed, or addressed by what it carries.

use std::fmt;

use super::{Occasion, Parcel, Request};

/// Done to each attempt, because a signature holds for minutes.
pub(super) trait Sign: fmt::Debug + Send + Sync {
    fn sign(&self, request: &mut Request, parcel: &Parcel, occasion: Occasion);
}
