//! Destinations as a passed connection test lets them in.

use tracecast::destination::{Connection, Settings, kinds};
use tracecast::id::{AccountId, DestinationId};
use tracecast::random::Random;
use tracecast::seal::{Keyring, Place};
use tracecast::store::destinations::{self, TestedValues};

use super::{Stage, sealing_key};

const KIND: &str = "sentry";

pub(super) async fn create(stage: &Stage, account: AccountId, project: u64) -> DestinationId {
    let (connection, destination) = (connection(&stage.receiver.dsn(project)), DestinationId(Random.uuid()));
    let secrets = sealed(&connection, account, destination);
    let values = values(&connection, &secrets, false);
    let mut tenant = stage.store.tenant(account).await.unwrap();
    assert!(destinations::create(&mut tenant, destination, KIND, &values).await.unwrap());
    tenant.commit().await.unwrap();
    destination
}

pub(super) async fn put(stage: &Stage, account: AccountId, destination: DestinationId, (dsn, private): (&str, bool)) {
    let connection = connection(dsn);
    let secrets = sealed(&connection, account, destination);
    let values = values(&connection, &secrets, private);
    let mut tenant = stage.store.tenant(account).await.unwrap();
    let revision = destinations::find(&mut tenant, destination).await.unwrap().unwrap().revision;
    assert!(destinations::put(&mut tenant, destination, revision, &values).await.unwrap());
    tenant.commit().await.unwrap();
}

fn connection(dsn: &str) -> Connection {
    let settings = Settings::from_iter([("dsn", dsn)]);
    kinds::find(KIND).unwrap().connect(&settings).unwrap()
}

fn sealed(connection: &Connection, account: AccountId, destination: DestinationId) -> Vec<u8> {
    let keyring = Keyring::parse(&sealing_key()).unwrap();
    connection.stored().seal(&keyring, Place::Destination(account, destination), Random).unwrap()
}

fn values<'a>(connection: &'a Connection, secrets: &'a [u8], privacy_mode: bool) -> TestedValues<'a> {
    TestedValues {
        name: "Sentry",
        privacy_mode,
        settings: &connection.stored().open,
        masked: connection.all_masked(),
        secrets,
        secrets_changed: true,
        target: connection.target(),
        test: &serde_json::Value::Null,
        not_yet: None,
    }
}
