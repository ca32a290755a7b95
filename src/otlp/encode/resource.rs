//! Who sends: OTLP's resource and scope, the same for all traces of a batch and therefore encoded once.

use super::attribute::put_attributes;
use super::wire::put_bytes;
use crate::trace::{Attribute, Value};

/// Our name where the operator gives none, and the scope's.
pub(super) const DEFAULT_SERVICE_NAME: &str = "tracecast";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Fields of `ResourceSpans`, `Resource`, `ScopeSpans` and `InstrumentationScope`.
const RESOURCE: u32 = 1;
const ATTRIBUTES: u32 = 1;
const SCOPE: u32 = 1;
const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;

/// The resource and the scope, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Resource {
    /// The resource of a Tracecast that calls itself `service_name`; empty means `tracecast`.
    pub fn new(service_name: &str) -> Self {
        let service_name = if service_name.is_empty() { DEFAULT_SERVICE_NAME } else { service_name };
        let attributes = [
            ("service.name", service_name),
            ("service.version", VERSION),
            ("telemetry.sdk.name", "tracecast"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.version", VERSION),
        ]
        .map(|(key, value)| Attribute { key: key.into(), value: Value::Text(value.into()) });
        let mut resource = Vec::new();
        put_attributes(ATTRIBUTES, &attributes, &mut resource);
        let mut scope = Vec::new();
        put_bytes(SCOPE_NAME, DEFAULT_SERVICE_NAME.as_bytes(), &mut scope);
        put_bytes(SCOPE_VERSION, VERSION.as_bytes(), &mut scope);
        Self { resource: message(RESOURCE, &resource), scope: message(SCOPE, &scope) }
    }

    pub(super) fn encoded(&self) -> &[u8] {
        &self.resource
    }

    pub(super) fn encoded_scope(&self) -> &[u8] {
        &self.scope
    }
}

fn message(field: u32, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    put_bytes(field, body, &mut message);
    message
}
