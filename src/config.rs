//! The operator's settings: parsed once from arguments and environment, then passed in.
#[derive(Debug)]
/// placeholder
pub struct Config {}
