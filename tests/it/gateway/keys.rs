//! Where a caller's key may stand: `Authorization`, as OpenAI's clients send it, or `x-api-key`, as Anthropic's do.

use super::server::{Got, Server, client, got, question};

async fn asks(server: &Server, headers: &[(&str, &str)]) -> Got {
    let request = client().post(format!("{}/api/v1/chat/completions", server.url)).json(&question());
    got(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn key_lets_in_from_either_header_and_from_both() {
    let server = Server::start().await;
    let key = server.key.clone();
    let bearer = |scheme: &str| format!("{scheme} {key}");
    for headers in [
        vec![("authorization", bearer("Bearer"))],
        vec![("authorization", bearer("bearer"))],
        vec![("authorization", format!("BEARER   {key} "))],
        vec![("x-api-key", key.clone())],
        vec![("authorization", bearer("Bearer")), ("x-api-key", key.clone())],
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(asks(&server, &headers).await.status, 200, "{headers:?}");
        assert_eq!(server.record().await["ending"], "completed");
    }
}

#[tokio::test]
async fn two_different_keys_let_nobody_in() {
    let server = Server::start().await;
    let (bearer, other) = (format!("Bearer {}", server.key), server.management_key.as_str());
    let refused = asks(&server, &[("authorization", &bearer), ("x-api-key", other)]).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"));
    assert!(refused.error().contains("More than one API key"), "{}", refused.text);
    let unknown = asks(&server, &[("x-api-key", "sk-ant-of-another-house")]).await;
    assert_eq!(unknown.status, 401);
    assert!(unknown.error().contains("x-api-key"), "{}", unknown.text);
    server.records_nothing().await;
}
