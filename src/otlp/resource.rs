//! Who sends: OTLP's resource and scope, the same for all traces of a body.

use std::borrow::Cow;

use crate::trace::{Attribute, Value};

/// Our name where the operator gives none, and the scope's.
pub(super) const NAME: &str = "tracecast";
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Attributes of the one that sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource(Vec<Attribute<'static>>);

impl Resource {
    /// The resource of a Tracecast that calls itself `service_name`; empty means `tracecast`.
    pub fn new(service_name: &str) -> Self {
        let service_name = if service_name.is_empty() { NAME } else { service_name };
        let attributes = [
            ("service.name", Cow::Owned(service_name.to_owned())),
            ("service.version", VERSION.into()),
            ("telemetry.sdk.name", NAME.into()),
            ("telemetry.sdk.language", "rust".into()),
            ("telemetry.sdk.version", VERSION.into()),
        ];
        Self(attributes.map(|(key, value)| attribute(key, value)).into())
    }

    /// The same with these attributes, which replace those of the same name.
    #[must_use]
    pub fn with(mut self, others: &[(&'static str, String)]) -> Self {
        for (key, value) in others {
            let other = attribute(key, Cow::Owned(value.clone()));
            match self.0.iter_mut().find(|attribute| attribute.key.tail == *key) {
                Some(attribute) => *attribute = other,
                None => self.0.push(other),
            }
        }
        self
    }

    pub fn attributes(&self) -> &[Attribute<'static>] {
        &self.0
    }
}

fn attribute(key: &'static str, value: Cow<'static, str>) -> Attribute<'static> {
    Attribute { key: key.into(), value: Value::Text(value.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_a_destination_replace_ours_or_stand_behind_them() {
        let given = [("service.name", "my app".to_owned()), ("model_id", "m".to_owned())];
        let resource = Resource::new("").with(&given);
        let pairs: Vec<_> = resource.attributes().iter().map(|one| (one.key.to_string(), &one.value)).collect();
        assert_eq!(pairs.len(), 6);
        assert_eq!(pairs[0], ("service.name".to_owned(), &Value::Text("my app".into())));
        assert_eq!(pairs[5], ("model_id".to_owned(), &Value::Text("m".into())));
    }
}
