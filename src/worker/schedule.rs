//! The scheduling room: finds destinations with something to read, leases them, and admits their turns into lanes.

pub(super) mod lanes;
pub(super) mod liveness;
pub(super) mod poller;
pub(super) mod running;

mod held_back;
mod notifications;
