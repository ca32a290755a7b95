//! The audit log: who changed what, when and from where; written in the transaction of the change (spec 5.5).

pub mod csv;
mod event;

use serde_json::{Map, Value};

use crate::client::Client;
use crate::id::{AccountId, ApiKeyId, UserId};
use crate::state::State;
use crate::store::audit::NewEntry;
use crate::store::{self, Tenant};

pub use self::event::Event;

/// Who acts, in which account.
#[derive(Debug, Clone)]
pub struct Actor {
    pub account: AccountId,
    pub who: Who,
    /// None: from the operator's shell.
    pub client: Option<Client>,
}

#[derive(Debug, Clone)]
pub enum Who {
    /// Somebody who is signed in.
    Person {
        /// Identifier.
        user: UserId,
        /// The address they sign in with.
        email: String,
    },
    /// A program with a management key.
    Key {
        /// Identifier.
        key: ApiKeyId,
        name: String,
    },
    /// The person who runs the server.
    Operator,
    /// A person who claims to have this e-mail address.
    Stranger {
        /// What they typed.
        email: String,
    },
}

/// A change to be recorded.
#[derive(Debug, Clone)]
pub struct Change {
    event: Event,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Actor {
    pub fn operator(account: AccountId) -> Self {
        Self { account, who: Who::Operator, client: None }
    }

    pub fn user(&self) -> Option<UserId> {
        match self.who {
            Who::Person { user, .. } => Some(user),
            Who::Key { .. } | Who::Operator | Who::Stranger { .. } => None,
        }
    }
}

impl Who {
    /// The name that an entry records.
    pub fn name(&self) -> &str {
        match self {
            Self::Person { email, .. } | Self::Stranger { email } => email,
            Self::Key { name, .. } => name,
            Self::Operator => "the operator",
        }
    }
}

impl Change {
    /// A change of the person or thing that `subject` names.
    pub fn new(event: Event, subject: impl Into<String>) -> Self {
        Self { event, subject: subject.into(), before: None, after: None }
    }

    /// With the values before and after. Equal values are left out. No secrets, please.
    #[must_use]
    pub fn between(self, before: Value, after: Value) -> Self {
        let (before, after) = difference(before, after);
        Self { before: Some(before), after: Some(after), ..self }
    }

    /// With the values that hold now.
    #[must_use]
    pub fn to(self, after: Value) -> Self {
        Self { after: Some(after), ..self }
    }

    /// With the values that held before.
    #[must_use]
    pub fn from(self, before: Value) -> Self {
        Self { before: Some(before), ..self }
    }

    /// The entry that records this change.
    pub fn entry(self, state: &State, who: &Who, client: Option<&Client>) -> NewEntry {
        let (actor_kind, actor_id) = match who {
            Who::Person { user, .. } => ("person", Some(user.0)),
            Who::Key { key, .. } => ("key", Some(key.0)),
            Who::Operator => ("operator", None),
            Who::Stranger { .. } => ("stranger", None),
        };
        NewEntry {
            id: state.random.uuid(),
            event: self.event.name(),
            actor_kind,
            actor_id,
            actor: who.name().to_owned(),
            address: client.map(|client| client.address.to_string()),
            subject: self.subject,
            before: self.before,
            after: self.after,
        }
    }
}

/// Records a change by `actor`, in the transaction that makes it.
///
/// # Errors
/// When the database is away.
pub async fn record(state: &State, tenant: &mut Tenant, actor: &Actor, change: Change) -> Result<(), store::Error> {
    store::audit::record(tenant, &change.entry(state, &actor.who, actor.client.as_ref())).await
}

/// Both without their equal members.
pub fn difference(before: Value, after: Value) -> (Value, Value) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let changed = |one: &Map<String, Value>, other: &Map<String, Value>| {
                let differs = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
                Value::Object(differs.map(|(name, value)| (name.clone(), value.clone())).collect())
            };
            (changed(&before, &after), changed(&after, &before))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_did_not_change_is_left_out() {
        let before = json!({ "name": "A", "enabled": true, "gone": 1 });
        let after = json!({ "name": "B", "enabled": true, "new": 2 });
        assert_eq!(difference(before, after), (json!({ "name": "A", "gone": 1 }), json!({ "name": "B", "new": 2 })));
    }
}
