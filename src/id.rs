//! Identifiers of rows: one type each, so that an account can never stand where a destination is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

identifiers! {
    /// A tenant.
    AccountId,
    /// A person who signs in; member of one or more accounts.
    UserId,
    /// A configured receiver of an account.
    DestinationId,
    /// A reader of an account's log.
    CursorId,
    /// An API key of an account.
    ApiKeyId,
    /// An invitation to become a member of an account.
    InvitationId,
    /// A session of a person.
    SessionId,
    /// A row of the delivery log.
    DeliveryId,
}
