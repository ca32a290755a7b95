//! Secrets at rest (spec 5.3): the start, a change of the key under load, and blobs that were moved about.

mod copies;
mod lost;
mod rotation;
mod start;

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use sqlx::{Connection as _, PgConnection};
use tracecast::destination::Stored;
use tracecast::id::{AccountId, DestinationId, UserId};
use tracecast::random::Random;
use tracecast::seal::{Keyring, Place};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::database::Database;

/// The password with which [`TestApp::signs_up`] signs up.
const PASSWORD: &str = "correct horse battery staple";
const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "f0f102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// One destination as it lies in the table.
#[derive(Clone)]
struct Row {
    place: Place,
    id: Uuid,
    secrets: Vec<u8>,
}

async fn connection(database: &Database) -> PgConnection {
    PgConnection::connect(&database.admin_url).await.unwrap()
}

/// All destinations, in the order of their key.
async fn rows(database: &Database) -> Vec<Row> {
    let query = "SELECT account_id, id, secrets FROM destinations ORDER BY account_id, id";
    let rows: Vec<(Uuid, Uuid, Vec<u8>)> =
        sqlx::query_as(query).fetch_all(&mut connection(database).await).await.unwrap();
    let row =
        |(account, id, secrets)| Row { place: Place::Destination(AccountId(account), DestinationId(id)), id, secrets };
    rows.into_iter().map(row).collect()
}

/// The DSN that a row holds for who has these keys. None: it does not open.
fn dsn(row: &Row, keys: &str) -> Option<String> {
    let keyring = Keyring::parse(keys).unwrap();
    let stored = Stored::open(BTreeMap::new(), &row.secrets, &keyring, row.place).ok()?;
    Some(ExposeSecret::expose_secret(&stored.secret["dsn"]).to_owned())
}

/// A DSN sealed for a place with the first of these keys.
fn sealed(dsn: &str, keys: &str, place: Place) -> Vec<u8> {
    let mut stored = Stored::default();
    stored.secret.insert("dsn".to_owned(), dsn.into());
    stored.seal(&Keyring::parse(keys).unwrap(), place, Random).unwrap()
}

/// Gives the only person a secret of a second factor, sealed with the old key. Says for what.
async fn add_second_factor(app: &TestApp, secret: &[u8]) -> Place {
    let user: Uuid = app.database.reads("SELECT id::text FROM users").await[0].parse().unwrap();
    let place = Place::SecondFactor(UserId(user));
    let blob = hex::encode(Keyring::parse(OLD).unwrap().seal(place, secret, Random).unwrap());
    app.database.runs(&format!("UPDATE users SET totp_secret = '\\x{blob}', totp_confirmed_at = now()")).await;
    place
}

/// What the only person's secret of a second factor is for who has the new key.
async fn second_factor(app: &TestApp, place: Place) -> Vec<u8> {
    let query = "SELECT encode(totp_secret, 'hex') FROM users WHERE totp_confirmed_at IS NOT NULL";
    let blob = hex::decode(&app.database.reads(query).await[0]).unwrap();
    ExposeSecret::expose_secret(&Keyring::parse(NEW).unwrap().open(place, &blob).unwrap()).to_vec()
}

/// `count` more destinations of the same account, each with a DSN of its own, sealed with the old key.
async fn add_destinations(app: &TestApp, count: u32) {
    let account: Uuid = app.database.reads("SELECT account_id::text FROM destinations").await[0].parse().unwrap();
    let mut connection = connection(&app.database).await;
    for number in 0..count {
        let id = Random.uuid();
        let place = Place::Destination(AccountId(account), DestinationId(id));
        sqlx::query(
            "INSERT INTO destinations (account_id, id, kind, name, settings, masked, secrets, target, last_test, enabled)
             SELECT account_id, $1, kind, name, settings, masked, $2, target, last_test, false FROM destinations LIMIT 1",
        )
        .bind(id)
        .bind(sealed(&format!("https://key@sentry.example/{number}"), OLD, place))
        .execute(&mut connection)
        .await
        .unwrap();
    }
    sqlx::query(
        "INSERT INTO cursors (account_id, destination_id, since, xid)
         SELECT account_id, id, now(), '0'::xid8 FROM destinations ON CONFLICT DO NOTHING",
    )
    .execute(&mut connection)
    .await
    .unwrap();
}
