//! What management keys open, before there is an operation that takes one: a handler of the test's own (spec 3.1).

use actix_web::web;
use reqwest::RequestBuilder;
use reqwest::header::WWW_AUTHENTICATE;
use tracecast::api::ManagementKey;
use tracecast::audit::Actor;
use tracecast::auth::api_keys;
use tracecast::random::Random;
use tracecast::store;
use tracecast::token::{ApiKey, ApiKeyType};

use crate::gateway::server::{Got, Server, client, got};
use crate::support::handlers;

async fn whose(key: ManagementKey) -> String {
    key.account.to_string()
}

async fn asks(url: &str, key: Option<&str>) -> Got {
    let request = client().get(format!("{url}/whose"));
    got(key.iter().fold(request, RequestBuilder::bearer_auth)).await
}

#[actix_web::test]
async fn management_key_opens_its_account_and_an_inference_key_nothing() {
    let server = Server::start().await;
    let (url, handle) = handlers::serve(server.state.clone(), |config| {
        config.route("/whose", web::get().to(whose));
    });
    let opened = asks(&url, Some(&server.management_key)).await;
    assert_eq!((opened.status, opened.text), (200, server.account.to_string()));
    let refused = asks(&url, Some(&server.key)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.error().contains("Only management keys can perform this operation"), "{}", refused.text);
    handle.stop(true).await;
}

#[actix_web::test]
async fn missing_malformed_unknown_and_revoked_management_keys_get_the_same_answer() {
    let server = Server::start().await;
    let (url, handle) = handlers::serve(server.state.clone(), |config| {
        config.route("/whose", web::get().to(whose));
    });
    assert_eq!(asks(&url, Some(&server.management_key)).await.status, 200);
    let mut tenant = server.state.store.tenant(server.account).await.unwrap();
    let keys = store::api_keys::list(&mut tenant).await.unwrap();
    drop(tenant);
    let key = keys.iter().find(|key| key.key_type == ApiKeyType::Management).unwrap();
    assert!(api_keys::revoke(&server.state, &Actor::operator(server.account), key.id).await.unwrap());
    let unknown = ApiKey::new(ApiKeyType::Management, Random).unwrap();
    let missing = asks(&url, None).await;
    assert_eq!((missing.status, missing.headers.get(WWW_AUTHENTICATE).unwrap().as_bytes()), (401, &b"Bearer"[..]));
    missing.error();
    for key in ["tck-mgt-nonsense", unknown.reveal(), &server.management_key] {
        let answer = asks(&url, Some(key)).await;
        assert_eq!((answer.status, &answer.text), (401, &missing.text), "{key}");
    }
    handle.stop(true).await;
}
