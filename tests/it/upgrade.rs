//! A database of an older version under the program of today, and programs of two versions on one database.

mod old_database;
mod rolling_restart;

use tracecast::clock::Clock;
use tracecast::config::Source;
use tracecast::egress;
use tracecast::totp::TotpSecret;

use self::old_database::{LAST, OldDatabase, PASSWORD, SECOND_FACTOR, destination};
use crate::delivery::receiver::{Receiver, Reply};
use crate::support::app::{Answer, TestApp};

const OBSERVABILITY: &str = "/settings/observability";

/// The program of today on the old database.
struct Upgraded {
    app: TestApp,
    receiver: Receiver,
    key: String,
    revoked_key: String,
    session: String,
}

impl Upgraded {
    /// Until it [`Receiver::recovers`], the receiver refuses what is sent to project 2.
    async fn new() -> Self {
        let receiver = Receiver::start().await;
        receiver.answers(2, |_| Reply::status(503));
        let OldDatabase { database, key, revoked_key, session } = OldDatabase::new(&receiver).await;
        let allowed = receiver.address().to_string();
        let demo =
            demo_receiver::Receiver::start(demo_receiver::Options::default(), &tokio_util::task::TaskTracker::new());
        let url = database.url.clone();
        let app = TestApp::start_on(database, &url, demo.unwrap(), egress::Setup::default(), |given| {
            given.with("egress-allow", allowed, Source::Argument).with("retry-cap", "200ms", Source::Argument)
        });
        Self { app: app.await, receiver, key, revoked_key, session }
    }

    async fn signs_in(&self, email: &str) -> Answer {
        self.app.posts_form("", "/sign-in", &[("email", email), ("password", PASSWORD)]).await
    }

    /// How often each recorded request was accepted for a project.
    fn accepted(&self, project: u64) -> Vec<usize> {
        self.receiver.read(|log| {
            let counts = log.counts(project);
            (0..=LAST).map(|number| counts.get(&format!("gen-old-{number:07}")).copied().unwrap_or_default()).collect()
        })
    }

    /// Waits until all of these are accepted for a project.
    async fn delivers(&self, project: u64, numbers: std::ops::RangeInclusive<usize>) {
        for _ in 0..1_200 {
            if self.accepted(project)[numbers.clone()].iter().all(|count| *count > 0) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("project {project} received {:?}", self.accepted(project));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_lets_people_and_keys_in_as_before() {
    let upgraded = Upgraded::new().await;
    let app = &upgraded.app;
    let session = format!("tc_session={}", upgraded.session);
    assert_eq!(app.gets(&session, OBSERVABILITY).await.status, 200, "who was signed in still is");
    let ada = upgraded.signs_in("ada@example.com").await;
    assert_eq!((ada.status, ada.location.as_str()), (303, OBSERVABILITY), "{}", ada.text);

    let bob = upgraded.signs_in("bob@example.com").await;
    assert!(bob.location.starts_with("/sign-in/code"), "{}", bob.location);
    let secret = TotpSecret::from_bytes(&SECOND_FACTOR).unwrap();
    let code = secret.code_at(Clock::System.unix_nanos().as_seconds());
    let bob = app.posts_form(&bob.cookie, "/sign-in/code", &[("code", &code)]).await;
    assert_eq!(bob.status, 303, "{}", bob.text);

    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(app.asks(&upgraded.key, body).await.status, 200);
    assert_eq!(app.asks(&upgraded.revoked_key, body).await.status, 401);

    for (path, words) in [
        ("/settings/members", ["ada@example.com", "bob@example.com"]),
        ("/settings/keys", ["Old app", "Inference"]),
        ("/settings/account/audit", ["Destination created", "Broadcast switched"]),
        ("/settings/account/audit.csv", ["destination_created", "0123...cdef"]),
    ] {
        let page = app.gets(&ada.session, path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        for words in words {
            assert!(page.text.contains(words), "{path} does not say `{words}`: {}", page.text);
        }
    }
    upgraded.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_shows_destinations_deliveries_and_dead_letters_in_words() {
    let upgraded = Upgraded::new().await;
    let app = &upgraded.app;
    let ada = upgraded.signs_in("ada@example.com").await.session;
    let list = app.gets(&ada, OBSERVABILITY).await;
    assert_eq!(list.status, 200, "{}", list.text);
    for words in ["Healthy", "Failing", "Paused", "Switched off", "Needs attention", "Dead letters: 3 requests"] {
        assert!(list.text.contains(words), "`{words}` is missing: {}", list.text);
    }
    assert!(
        list.text.contains("This key does not exist, is disabled, or belongs to another project."),
        "{}",
        list.text
    );
    assert!(list.text.contains("17 requests of the last 7 days could not be recorded."), "{}", list.text);
    let masks = "SELECT masked::text FROM destinations UNION SELECT masked::text FROM destination_revisions";
    for masks in app.database.reads(masks).await {
        let masks: std::collections::BTreeMap<String, String> = serde_json::from_str(&masks).unwrap();
        assert_eq!(masks["headers"], r#"{"x-gateway-token":"****...\"210","x-team":"****"}"#);
        assert!(masks["dsn"].starts_with("http://0123...cdef@"), "{masks:?}");
    }
    for project in 1..=5 {
        for page in ["edit", "deliveries"] {
            let path = format!("{OBSERVABILITY}/destinations/{}/{page}", destination(project));
            let page = app.gets(&ada, &path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
        }
    }
    let page = app.gets(&ada, &format!("{OBSERVABILITY}/destinations/{}/deliveries", destination(2))).await.text;
    let letters = page.split_once("id=\"dead-letters\"").unwrap().1;
    for (request, words) in [
        (1, "The receiver refuses this request. no thanks"),
        (2, "The receiver fails whenever it is sent this request. out of order"),
        (3, "No trace can be built of the recorded request."),
    ] {
        assert!(letters.contains(&format!("gen-old-{request:07}")) && letters.contains(words), "`{words}`: {letters}");
    }
    assert!(page.contains("Receiver not available") && page.contains("back at ten"), "{page}");
    upgraded.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_delivers_what_waited_and_nothing_that_was_delivered() {
    let upgraded = Upgraded::new().await;
    let app = &upgraded.app;
    let ada = upgraded.signs_in("ada@example.com").await.session;
    upgraded.delivers(1, 6..=LAST).await;
    upgraded.receiver.recovers(2);
    upgraded.delivers(2, 4..=LAST).await;
    let path = |project| format!("{OBSERVABILITY}/destinations/{}", destination(project));
    let resumed = app.posts_form(&ada, &format!("{}/resume", path(3)), &[]).await;
    assert_eq!(resumed.status, 303, "{}", resumed.text);
    upgraded.delivers(3, 1..=LAST).await;
    // A passed connection test switches it on, with the stored secret.
    let form = app.gets(&ada, &format!("{}/edit", path(4))).await.text;
    let revision = form.split_once("name=\"revision\" value=\"").unwrap().1.split('"').next().unwrap();
    let passed = app.posts_form(&ada, &path(4), &[("revision", revision), ("name", "On again")]).await;
    assert_eq!(passed.status, 303, "{}", passed.text);
    upgraded.delivers(4, 5..=LAST).await;
    // What completes now comes after everything else: once it is there, nothing else is on its way.
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    let answer = app.asks(&upgraded.key, body).await;
    let name = answer.text.split_once(r#""id":""#).unwrap().1.split('"').next().unwrap().to_owned();
    while !(1..=4).all(|project| upgraded.receiver.read(|log| log.counts(project).contains_key(&name))) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(upgraded.accepted(1)[..=3], [0; 4], "delivered and confirmed before");
    assert!(upgraded.accepted(1)[4..=5].iter().all(|count| *count <= 1), "accepted before, and not confirmed");
    assert_eq!(upgraded.accepted(1)[6..], [1; 3]);
    assert_eq!(upgraded.accepted(2), [0, 0, 0, 0, 1, 1, 1, 1, 1]);
    assert_eq!(upgraded.accepted(3), [0, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(upgraded.accepted(4), [0, 0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(upgraded.accepted(5), [0; LAST + 1], "an admin has to look at it first");
    upgraded.app.stop().await;
}
