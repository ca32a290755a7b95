//! Prompt and completion, in the shape of the GenAI semantic conventions.

use serde::{Deserialize, Serialize};

/// The content of one completed request.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Content {}
