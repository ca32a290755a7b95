//! Conventions that stand beside OpenTelemetry's, one file each.

pub(super) mod langfuse;
pub(super) mod openinference;
