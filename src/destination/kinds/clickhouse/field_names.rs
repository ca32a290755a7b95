//! Names of the fields that more than one file speaks of.

pub(super) const HOST: &str = "host";
pub const DATABASE: &str = "database";
pub(super) const USERNAME: &str = "username";
pub(super) const PASSWORD: &str = "password";
pub const TABLE: &str = "table";
