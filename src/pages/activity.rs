//! Activity: the completed requests of the account, and what became of each.

pub mod marks;
pub mod request;
