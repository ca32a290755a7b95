//! The model that examples ask for.

use crate::gateway::Gateway;

/// What stands in its place where no model's name is known.
const PLACEHOLDER: &str = "MODEL";

#[derive(Debug)]
pub struct ExampleModel {
    pub name: String,
    /// Whether a person has to put a name of their own in its place.
    pub is_placeholder: bool,
}

impl ExampleModel {
    pub fn of(gateway: &Gateway) -> Self {
        let known = gateway.example_model();
        Self { is_placeholder: known.is_none(), name: known.unwrap_or_else(|| PLACEHOLDER.to_owned()) }
    }
}
