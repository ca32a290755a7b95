//! Every operation of the API, for each kind of key: one without a row in this table fails the test.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::gateway::server::{Server, client, got};

/// Columns: no key, an inference key, a management key. 400: let in, and the body is no question.
pub(super) const TABLE: &[(&str, &str, [u16; 3])] = &[
    ("POST", "/chat/completions", [401, 400, 403]),
    ("GET", "/models", [401, 200, 200]),
    ("GET", "/models/count", [401, 200, 200]),
    ("GET", "/models/{id}", [401, 404, 404]),
    ("GET", "/embeddings/models", [401, 200, 200]),
    ("POST", "/completions", [401, 400, 403]),
    ("POST", "/embeddings", [401, 400, 403]),
    ("POST", "/responses", [401, 400, 403]),
    ("POST", "/messages", [401, 400, 403]),
    ("POST", "/messages/count_tokens", [401, 400, 403]),
    ("GET", "/key", [401, 200, 200]),
    ("GET", "/auth/key", [401, 200, 200]),
    ("GET", "/credits", [401, 200, 200]),
    ("GET", "/providers", [401, 200, 200]),
    ("GET", "/observability/destinations", [401, 403, 200]),
    ("POST", "/observability/destinations", [401, 403, 400]),
    ("GET", "/observability/destinations/{id}", [401, 403, 404]),
    ("PATCH", "/observability/destinations/{id}", [401, 403, 404]),
    ("DELETE", "/observability/destinations/{id}", [401, 403, 404]),
    ("POST", "/observability/destinations/test", [401, 403, 400]),
    ("POST", "/observability/destinations/{id}/test", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/send-trace", [401, 403, 404]),
    ("GET", "/observability/destinations/{id}/replays", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/replays", [401, 403, 404]),
    ("PATCH", "/observability/destinations/{id}/replays/{replay}", [401, 403, 404]),
    ("DELETE", "/observability/destinations/{id}/replays/{replay}", [401, 403, 404]),
    ("GET", "/observability/destinations/{id}/revisions", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/revisions/{revision}/restore", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/dry-run", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/preview", [401, 403, 404]),
    ("POST", "/observability/destinations/{id}/signing-secret", [401, 403, 404]),
    ("GET", "/observability/destinations/{id}/deliveries", [401, 403, 404]),
    ("GET", "/observability/destinations/{id}/dead-letters", [401, 403, 404]),
    ("DELETE", "/observability/destinations/{id}/dead-letters/{request}", [401, 403, 404]),
    ("GET", "/observability/receipts/{id}", [401, 403, 404]),
    ("POST", "/observability/receipts", [401, 403, 400]),
    ("GET", "/workspaces", [401, 403, 200]),
    ("GET", "/workspaces/{id}", [401, 403, 404]),
    ("PATCH", "/workspaces/{id}", [401, 403, 404]),
    ("GET", "/keys", [401, 403, 200]),
    ("POST", "/keys", [401, 403, 400]),
    ("GET", "/keys/{hash}", [401, 403, 404]),
    ("PATCH", "/keys/{hash}", [401, 403, 404]),
    ("DELETE", "/keys/{hash}", [401, 403, 404]),
    ("GET", "/members", [401, 403, 200]),
    ("PATCH", "/members/{id}", [401, 403, 404]),
    ("DELETE", "/members/{id}", [401, 403, 404]),
    ("GET", "/invitations", [401, 403, 200]),
    ("POST", "/invitations", [401, 403, 400]),
    ("DELETE", "/invitations/{id}", [401, 403, 404]),
    ("GET", "/audit-log", [401, 403, 200]),
    ("GET", "/generation", [401, 400, 400]),
    ("GET", "/generation/content", [401, 400, 400]),
    ("GET", "/openapi.json", [200, 200, 200]),
];

/// What the document says, which is made of the table that the server mounts.
async fn operations(server: &Server) -> BTreeSet<(String, String)> {
    let document = got(client().get(format!("{}/v1/openapi.json", server.url))).await.json();
    let paths = document["paths"].as_object().unwrap().iter();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

#[tokio::test]
async fn every_operation_lets_in_the_keys_that_the_table_says() {
    let server = Server::start().await;
    let rows = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(operations(&server).await, rows);
    let keys = [None, Some(&server.key), Some(&server.management_key)];
    for (method, path, statuses) in TABLE {
        for (key, status) in keys.iter().zip(statuses) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client().request(method.clone(), format!("{}/api/v1{path}", server.url));
            let request = key.iter().fold(request, RequestBuilder::bearer_auth);
            let answer = got(request.header("content-type", "application/json").body("{}")).await;
            assert_eq!(answer.status, *status, "{method} {path} with {key:?}: {}", answer.text);
        }
    }
}
