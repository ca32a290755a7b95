//! Not yet furnished.

/// The only way out.
#[derive(Debug, Clone)]
pub struct Egress {}
