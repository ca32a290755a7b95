//! The rows of the table (spec 4.5).

pub(crate) mod activity;
pub(crate) mod api;
pub(crate) mod export;
pub(crate) mod forms;
pub(crate) mod gateway;
pub(crate) mod healthy;
pub(crate) mod idle;
pub(crate) mod latency;
pub(crate) mod many;
pub(crate) mod meter;
pub(crate) mod queue;
pub(crate) mod reading;
pub(crate) mod recording;
pub(crate) mod replay;
pub(crate) mod ten;
pub(crate) mod tls;
