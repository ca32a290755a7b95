//! How much one account and one person may have and do: nobody fills the database that all share.

use futures_util::future::join_all;
use tracecast::store::api_keys::MOST_KEYS;
use tracecast::store::invitations::MOST_INVITATIONS;

use super::{executes, value};
use crate::support::app::TestApp;
use crate::support::http::client;

/// How many of these answers have this status.
fn of_status(answers: &[u16], status: u16) -> usize {
    answers.iter().filter(|answer| **answer == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_bounded_number_of_keys_however_many_are_made_at_once() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let others = format!(
        "INSERT INTO api_keys (account_id, id, hash, key_type, name, last_four)
         SELECT a.id, gen_random_uuid(), sha256(n::text::bytea), 'inference', 'old', 'abcd'
         FROM accounts a, generate_series(2, {MOST_KEYS}) n"
    );
    executes(&app, &others).await;
    let make = || async { app.posts_form(&ada, "/settings/keys", &[("name", "new"), ("type", "inference")]).await };
    let answers: Vec<u16> = join_all((0..8).map(|_| make())).await.iter().map(|answer| answer.status).collect();
    assert_eq!((of_status(&answers, 200), of_status(&answers, 422)), (1, 7), "{answers:?}");
    let refused = make().await;
    assert!(refused.text.contains("500 keys already. Revoke one"), "{}", refused.text);
    executes(&app, "UPDATE api_keys SET revoked_at = now() WHERE name = 'new'").await;
    assert_eq!(make().await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_bounded_number_of_open_invitations_however_many_are_made_at_once() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let others = format!(
        "INSERT INTO invitations (account_id, id, token_hash, role, invited_by, expires_at)
         SELECT a.id, gen_random_uuid(), sha256(n::text::bytea), 'member', gen_random_uuid(), now() + interval '1 day'
         FROM accounts a, generate_series(2, {MOST_INVITATIONS}) n"
    );
    executes(&app, &others).await;
    let make = || async { app.posts_form(&ada, "/settings/members/invitations", &[("role", "member")]).await };
    let answers: Vec<u16> = join_all((0..8).map(|_| make())).await.iter().map(|answer| answer.status).collect();
    assert_eq!((of_status(&answers, 200), of_status(&answers, 409)), (1, 7), "{answers:?}");
    assert!(make().await.text.contains("100 open invitations already. Withdraw one"));
    assert_eq!(value::<i64>(&app, "SELECT count(*) FROM invitations").await, MOST_INVITATIONS);
    executes(&app, "UPDATE invitations SET expires_at = now()").await;
    assert_eq!(make().await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_floods_the_forms_is_asked_to_wait_and_others_are_not() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.signs_up("ada@example.com").await, app.signs_up("bob@example.com").await);
    let http = client();
    let send = |cookie: String| {
        let request = http.post(format!("{}/settings/account/switch", app.url)).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin").body("account=x");
        async move {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.send().await.unwrap().status().as_u16()
        }
    };
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.extend(join_all((0..10).map(|_| send(ada.clone()))).await);
    }
    assert!(of_status(&answers, 404) >= 300 && of_status(&answers, 429) > 0, "{answers:?}");
    assert_eq!(send(bob).await, 404);
    assert_eq!(app.gets(&ada, "/settings/account").await.status, 200, "looking is free");
    app.stop().await;
}
