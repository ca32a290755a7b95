//! Short keys under which requests are looked up by the caller's identifiers.

use sha2::{Digest, Sha256};

use crate::id::AccountId;

/// What a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    Trace,
    Session,
    User,
}

/// The key of an identifier: 8 bytes, whatever the identifier's length. It depends on the account, so that what one account looks
/// up costs the same however often others use the same identifier.
pub fn key(account: AccountId, lookup: Lookup, identifier: &str) -> i64 {
    let kind = match lookup {
        Lookup::Trace => b't',
        Lookup::Session => b's',
        Lookup::User => b'u',
    };
    let digest = Sha256::new().chain_update(account.0).chain_update([kind]).chain_update(identifier).finalize();
    digest.iter().take(8).fold(0, |key, byte| key << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn key_depends_on_account_and_kind() {
        let [one, two] = [1, 2].map(|number| AccountId(Uuid::from_u128(number)));
        let keys = [
            key(one, Lookup::User, "a"),
            key(two, Lookup::User, "a"),
            key(one, Lookup::Session, "a"),
            key(one, Lookup::Trace, "a"),
            key(one, Lookup::User, "b"),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key(one, Lookup::User, "a"), keys[0]);
    }
}
