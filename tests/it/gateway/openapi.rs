//! The OpenAPI document says what the server does: each operation, and each field of a request that is checked.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::server::{Got, Server, client, got, question_with};

async fn document(server: &Server) -> Value {
    let answer: Got = got(client().get(format!("{}/api/v1/openapi.json", server.url))).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn object<'a>(document: &'a Value, pointer: &str) -> &'a Map<String, Value> {
    document.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("no {pointer}"))
}

#[tokio::test]
async fn each_base_serves_the_documented_methods_and_no_other() {
    let server = Server::start().await;
    let document = document(&server).await;
    let bases: Vec<&str> = document["servers"].as_array().unwrap().iter().map(|s| s["url"].as_str().unwrap()).collect();
    assert_eq!(bases, ["/api/v1", "/v1"]);
    for (path, operations) in object(&document, "/paths") {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let is_documented = operations.get(method.as_str().to_lowercase()).is_some();
            for base in &bases {
                let answer = got(client().request(method.clone(), format!("{}{base}{path}", server.url))).await;
                assert_ne!(answer.status, 404, "{method} {base}{path}");
                assert_eq!(answer.status != 405, is_documented, "{method} {base}{path}: {}", answer.status);
                let allowed: Vec<&str> = answer.header("allow").split(", ").collect();
                assert_eq!(answer.status == 405, !answer.header("allow").is_empty());
                assert!(answer.status != 405 || !allowed.contains(&method.as_str()), "{allowed:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_documented_field_of_a_question_is_checked_by_its_documented_type() {
    let server = Server::start().await;
    let document = document(&server).await;
    for (field, schema) in object(&document, "/components/schemas/ChatRequest/properties") {
        let wrong = if schema.to_string().contains("\"array\"") { json!({}) } else { json!([]) };
        let refused = server.asks(&question_with(&json!({ field: wrong }))).await;
        assert_eq!(refused.status, 400, "{field}: {wrong}");
        assert_eq!(refused.json()["error"]["metadata"]["field"], *field);
        let is_nullable = schema.to_string().contains("\"null\"");
        let absent = server.asks(&question_with(&json!({ field: null }))).await;
        assert_eq!(absent.status == 200, is_nullable, "{field}: {}", absent.text);
    }
}
