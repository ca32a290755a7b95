//! Passwords: reset by a link of the operator's, and hashes that keep up with the times (spec 5.3).

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tracecast::auth::password_reset;

use super::{PASSWORD, executes, signs_in, value};
use crate::support::app::TestApp;

const NEW: &str = "another horse battery staple";

/// The path of a link that the operator makes.
async fn link(app: &TestApp) -> String {
    let token: SecretString = password_reset::create(&app.state(), "ada@example.com").await.unwrap().unwrap();
    format!("/password-reset/{}", token.expose_secret())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_works_once_and_ends_every_session() {
    let app = TestApp::start().await;
    let old = app.signs_up("ada@example.com").await;
    executes(&app, "UPDATE sign_in_throttle SET attempts = 12, open_at = now() + interval '10 minutes'").await;
    let link = link(&app).await;
    assert!(app.gets("", &link).await.text.contains("For ada@example.com."));
    assert_eq!(app.posts_form("", &link, &[("password", "too short")]).await.status, 422, "and the link still works");
    let set = app.posts_form("", &link, &[("password", NEW)]).await;
    assert_eq!((set.status, set.location.as_str()), (303, "/sign-in"), "{}", set.text);
    assert!(set.session.is_empty(), "the link itself signs nobody in");
    assert_eq!(app.gets(&old, "/settings/account").await.status, 303);
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.status, 422);
    assert_eq!(signs_in(&app, "ada@example.com", NEW).await.status, 303);
    for answer in [app.gets("", &link).await, app.posts_form("", &link, &[("password", PASSWORD)]).await] {
        assert_eq!(answer.status, 404);
        assert!(answer.text.contains("This link cannot be used"));
    }
    assert_eq!(value::<i64>(&app, "SELECT count(*) FROM audit_log WHERE event = 'password_reset'").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_a_replaced_and_an_outlived_reset_link_work_no_longer() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let (replaced, expired) = (link(&app).await, link(&app).await);
    assert_eq!(app.gets("", &replaced).await.status, 404);
    executes(&app, "UPDATE password_resets SET expires_at = now()").await;
    assert_eq!(app.gets("", &expired).await.status, 404);
    assert_eq!(app.posts_form("", &expired, &[("password", NEW)]).await.status, 404);
    let outlived = link(&app).await;
    let form = [("current_password", PASSWORD), ("password", NEW)];
    assert_eq!(app.posts_form(&ada, "/settings/account/password", &form).await.status, 303);
    assert_eq!(app.gets("", &outlived).await.status, 404, "a changed password ends it");
    assert!(password_reset::create(&app.state(), "nobody@example.com").await.unwrap().is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_older_parameters_is_renewed_at_the_next_sign_in() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    // argon2id with 64 KiB and one pass, of the password of all tests.
    let weak = "$argon2id$v=19$m=64,t=1,p=1$";
    let hash = old_hash();
    assert!(hash.starts_with(weak), "{hash}");
    executes(&app, &format!("UPDATE users SET password_hash = '{hash}'")).await;
    assert_eq!(signs_in(&app, "ada@example.com", "not the password at all").await.status, 422);
    assert_eq!(value::<String>(&app, "SELECT password_hash FROM users").await, hash);
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.status, 303);
    let renewed: String = value(&app, "SELECT password_hash FROM users").await;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.status, 303);
    app.stop().await;
}

fn old_hash() -> String {
    let params = Params::new(64, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}
