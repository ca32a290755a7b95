//! The second factor: set up, shown, never twice, replaced by recovery codes, asked for by an account.

use tracecast::auth::second_factor;
use tracecast::clock::Clock;
use tracecast::totp::TotpSecret;

use super::members::joins;
use super::{PASSWORD, executes, signs_in, value};
use crate::support::app::{Answer, TestApp};

const HOME: &str = "/settings/observability";
const PAGE: &str = "/settings/account/second-factor";
/// As if the last code had been taken long ago.
pub(crate) const LATER: &str = "UPDATE users SET totp_last_step = 0";

/// The secret of the page that shows it.
pub(crate) fn secret(page: &str) -> TotpSecret {
    let at = page.find("id=\"totp-key\">").unwrap() + "id=\"totp-key\">".len();
    let key: String = page[at..].split('<').next().unwrap().chars().filter(|c| !c.is_whitespace()).collect();
    let bits: String =
        key.bytes().map(|c| format!("{:05b}", if c >= b'A' { c - b'A' } else { c - b'2' + 26 })).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    TotpSecret::from_bytes(&bytes).unwrap()
}

pub(crate) fn code(secret: &TotpSecret) -> String {
    secret.code_at(Clock::System.unix_nanos().as_seconds())
}

/// Sets a second factor up; gives its secret and the recovery codes.
async fn enrols(app: &TestApp, cookie: &str) -> (TotpSecret, Vec<String>) {
    let page = app.posts_form(cookie, &format!("{PAGE}/new"), &[]).await;
    assert!(page.text.contains("src=\"data:image/svg+xml;base64,"), "{}", page.text);
    let secret = secret(&page.text);
    let page = app.posts_form(cookie, PAGE, &[("code", &code(&secret))]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let codes: Vec<String> =
        page.text.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

/// The cookie of somebody who has shown their password only.
async fn shows_password(app: &TestApp) -> String {
    let answer = signs_in(app, "ada@example.com", PASSWORD).await;
    assert!(answer.location.starts_with("/sign-in/code"), "{}", answer.location);
    assert!(answer.session.is_empty(), "no session yet");
    answer.cookie
}

async fn shows_code(app: &TestApp, cookie: &str, code: &str) -> Answer {
    app.posts_form(cookie, "/sign-in/code", &[("code", code)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_in_force_only_after_a_code_and_then_the_password_alone_opens_nothing() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let page = app.posts_form(&ada, &format!("{PAGE}/new"), &[]).await;
    let refused = app.posts_form(&ada, PAGE, &[("code", "000000x")]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(secret(&refused.text).base32(), secret(&page.text).base32(), "the picture stays the same");
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.location, HOME, "not in force yet");
    let (secret, _) = enrols(&app, &ada).await;
    let step = shows_password(&app).await;
    assert_eq!(app.gets(&step, HOME).await.status, 303);
    let session = step.replace("tc_step", "tc_session");
    assert_eq!(app.gets(&session, HOME).await.status, 303, "its token is no session's");
    assert_eq!(shows_code(&app, &step, "000000x").await.status, 422);
    executes(&app, LATER).await;
    let answer = shows_code(&app, &step, &code(&secret)).await;
    assert_eq!((answer.status, answer.location.as_str()), (303, HOME), "{}", answer.text);
    assert_eq!(app.gets(&answer.session, HOME).await.status, 200);
    executes(&app, LATER).await;
    assert_eq!(shows_code(&app, &step, &code(&secret)).await.status, 422, "the step was used up");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_opens_once_and_guessing_is_slowed_down() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let (secret, _) = enrols(&app, &ada).await;
    executes(&app, LATER).await;
    let (first, second) = (shows_password(&app).await, shows_password(&app).await);
    let used = code(&secret);
    assert_eq!(shows_code(&app, &first, &used).await.status, 303);
    let again = shows_password(&app).await;
    assert_eq!(shows_code(&app, &again, &used).await.status, 422, "replayed");
    assert_eq!(shows_code(&app, &second, &used).await.status, 422, "all steps of the person are over");
    // The codes of this person alone, from wherever they come.
    let close = "UPDATE sign_in_throttle SET attempts = 12, open_at = now() + interval '10 minutes'
                 WHERE subject = sha256(convert_to('code|' || (SELECT id FROM users), 'UTF8'))";
    executes(&app, close).await;
    assert_eq!(shows_code(&app, &again, &code(&secret)).await.status, 429);
    let sealed: bool = value(&app, "SELECT length(totp_secret) > 20 FROM users").await;
    assert!(sealed);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_opens_once_and_new_ones_replace_all() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let (_, codes) = enrols(&app, &ada).await;
    let stored: i64 =
        value(&app, &format!("SELECT count(*) FROM recovery_codes WHERE recovery_codes::text LIKE '%{}%'", codes[0]))
            .await;
    assert_eq!(stored, 0);
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(shows_code(&app, &shows_password(&app).await, &typed).await.status, 303);
    let step = shows_password(&app).await;
    assert_eq!(shows_code(&app, &step, &codes[0]).await.status, 422);
    assert!(app.gets(&ada, PAGE).await.text.contains("9 left."));
    assert_eq!(app.posts_form(&ada, &format!("{PAGE}/recovery-codes"), &[]).await.status, 200);
    assert_eq!(shows_code(&app, &step, &codes[1]).await.status, 422, "replaced");
    assert_eq!(value::<i64>(&app, "SELECT count(*) FROM audit_log WHERE event = 'recovery_code_used'").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_up_turning_off_and_new_codes_ask_for_the_password_again() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    executes(&app, "UPDATE sessions SET confirmed_at = now() - interval '11 minutes'").await;
    for path in ["new", "remove", "recovery-codes", "required"] {
        let answer = app.posts_form(&ada, &format!("{PAGE}/{path}"), &[("enabled", "true")]).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("Enter your password"), "{path}");
    }
    assert!(value::<bool>(&app, "SELECT totp_secret IS NULL FROM users").await);
    executes(&app, "UPDATE sessions SET confirmed_at = now()").await;
    enrols(&app, &ada).await;
    assert_eq!(app.posts_form(&ada, &format!("{PAGE}/remove"), &[]).await.status, 303);
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.location, HOME);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_account_asks_for_it_members_without_it_see_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    enrols(&app, &ada).await;
    assert_eq!(app.posts_form(&bob, &format!("{PAGE}/required"), &[("enabled", "true")]).await.status, 403);
    assert_eq!(app.posts_form(&ada, &format!("{PAGE}/required"), &[("enabled", "true")]).await.status, 303);
    for path in [HOME, "/settings/keys", "/settings/members", "/settings/account", "/settings/account/audit"] {
        let answer = app.gets(&bob, path).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, PAGE), "{path}");
    }
    assert_eq!(app.posts_form(&bob, "/settings/account/password", &[]).await.location, PAGE);
    let eve = joins(&app, &ada, "admin", "eve@example.com").await;
    assert_eq!(app.posts_form(&eve, &format!("{PAGE}/required"), &[("enabled", "false")]).await.location, PAGE);
    assert!(value::<bool>(&app, "SELECT second_factor_required FROM accounts").await, "an admin without it lifts it");
    assert!(app.gets(&bob, PAGE).await.text.contains("Acme asks for it."));
    assert_eq!(app.gets(&ada, HOME).await.status, 200);
    enrols(&app, &bob).await;
    assert_eq!(app.gets(&bob, HOME).await.status, 200);
    assert!(second_factor::remove_by_operator(&app.state(), "bob@example.com").await.unwrap());
    assert_eq!(app.gets(&bob, HOME).await.location, PAGE);
    app.stop().await;
}
