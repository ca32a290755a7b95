//! The account by the API: its name, the Enable Broadcast switch, Privacy Mode.

use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::TestApp;

/// Members without which OpenRouter's SDKs raise.
const READ: [&str; 16] = [
    "id",
    "name",
    "slug",
    "description",
    "default_guardrail_id",
    "default_text_model",
    "default_image_model",
    "default_provider_sort",
    "is_observability_io_logging_enabled",
    "is_observability_broadcast_enabled",
    "is_data_discount_logging_enabled",
    "io_logging_sampling_rate",
    "io_logging_api_key_ids",
    "created_at",
    "updated_at",
    "created_by",
];

#[tokio::test(flavor = "multi_thread")]
async fn workspace_is_the_account_and_turns_broadcast_on_and_off() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let list = caller.gets("/workspaces").await.json();
    let workspace = &list["data"][0];
    assert!(READ.iter().all(|member| workspace.get(member).is_some()), "{list}");
    assert_eq!((&list["total_count"], &workspace["name"]), (&json!(1), &json!("Acme")));
    assert_eq!(workspace["id"], caller.account.to_string());
    let path = format!("/workspaces/{}", caller.account);
    assert_eq!(caller.gets(&path).await.data(200), *workspace);
    assert_eq!(caller.gets("/workspaces/default").await.data(200), *workspace);

    let switch = "is_observability_broadcast_enabled";
    for enabled in [true, false, true] {
        assert_eq!(caller.patches(&path, &json!({ switch: enabled })).await.data(200)[switch], enabled);
        assert_eq!(app.database.reads("SELECT broadcast_enabled::text FROM accounts").await, [enabled.to_string()]);
    }
    let wanted =
        json!({ "name": "Acme Ltd", "privacy_mode": true, "io_logging_sampling_rate": 1, "description": null });
    let changed = caller.patches(&path, &wanted).await.data(200);
    assert_eq!(
        (&changed["name"], &changed["privacy_mode"], &changed[switch]),
        (&json!("Acme Ltd"), &json!(true), &json!(true))
    );
    let audit = app.database.reads("SELECT event FROM audit_log WHERE actor_kind = 'key' ORDER BY id").await;
    let switches = ["broadcast_switched"; 3];
    assert_eq!(audit, [&switches[..], &["account_renamed", "privacy_switched"]].concat());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workspace_keeps_what_cannot_be_changed_and_strangers_out() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let path = format!("/workspaces/{}", caller.account);
    for (field, value) in [
        ("slug", json!("other")),
        ("default_text_model", json!("openai/gpt-4o")),
        ("second_factor_required", json!(true)),
        ("io_logging_sampling_rate", json!(0.5)),
        ("is_observability_broadcast_enabled", json!("true")),
        ("name", json!("")),
    ] {
        let (_, metadata) = caller.patches(&path, &json!({ field: value })).await.error(400);
        assert_eq!(metadata["field"], field);
    }
    let unknown = stranger.gets("/workspaces/0190a0b0-0000-7000-8000-000000000000").await;
    unknown.error(404);
    assert_eq!(stranger.gets(&path).await.text, unknown.text);
    let refused = stranger.patches(&path, &json!({ "is_observability_broadcast_enabled": true })).await;
    assert_eq!((refused.status, refused.text), (404, unknown.text));
    assert_eq!(caller.gets(&path).await.data(200)["is_observability_broadcast_enabled"], Value::Bool(false));
    app.stop().await;
}
