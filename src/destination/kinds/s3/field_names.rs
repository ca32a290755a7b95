//! Names of the fields that more than one file speaks of.

pub(super) const BUCKET: &str = "bucketName";
pub(super) const ACCESS_KEY: &str = "accessKeyId";
pub(super) const SECRET_KEY: &str = "secretAccessKey";
pub(super) const REGION: &str = "region";
pub(super) const ENDPOINT: &str = "endpoint";
pub(super) const PREFIX: &str = "prefix";
pub(super) const TEMPLATE: &str = "pathTemplate";
