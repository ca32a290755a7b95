//! Accounts with a key, for tests that ask the real program.

use std::sync::Arc;

use tracecast::audit::Actor;
use tracecast::auth::api_keys;
use tracecast::config::{Config, Given};
use tracecast::id::AccountId;
use tracecast::random::Random;
use tracecast::token::ApiKeyType;

use super::database::Database;
use crate::gateway::server::state;

/// A new account's inference key.
pub(crate) async fn key(database: &Database) -> String {
    let state = state(Arc::new(Config::parse(&Given::defaults()).unwrap()), &database.url);
    let account = AccountId(Random.uuid());
    let insert = sqlx::query("INSERT INTO accounts (id, name) VALUES ($1, 'Acme')").bind(account.0);
    insert.execute(state.store.pool()).await.unwrap();
    let key = api_keys::create(&state, &Actor::operator(account), ApiKeyType::Inference, "app").await.unwrap();
    key.reveal().to_owned()
}
