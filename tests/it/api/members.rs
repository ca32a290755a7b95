//! Members, invitations and the audit log by the API.

use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_promoted_and_removed_but_never_the_last_admin() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let link = caller.posts("/invitations", &json!({ "role": "member" })).await.data(201)["link"].clone();
    let open = caller.gets("/invitations").await.json()["data"].as_array().unwrap().clone();
    assert_eq!((open.len(), &open[0]["role"]), (1, &json!("member")));
    let path = link.as_str().unwrap().split_once("/invitations/").unwrap().1.to_owned();
    app.joins(&format!("/invitations/{path}"), "grace@example.com").await;

    let members = caller.gets("/members").await.json()["data"].clone();
    let shown: Vec<_> = members.as_array().unwrap().iter().map(|member| (&member["email"], &member["role"])).collect();
    let (ada, grace) = (json!("ada@example.com"), json!("grace@example.com"));
    assert_eq!(shown, [(&ada, &json!("admin")), (&grace, &json!("member"))]);
    let of = |number: usize| format!("/members/{}", members[number]["id"].as_str().unwrap());
    for answer in [caller.deletes(&of(0)).await, caller.patches(&of(0), &json!({ "role": "member" })).await] {
        assert!(answer.error(409).0.contains("An account needs an admin"), "{}", answer.text);
    }
    let changed = caller.patches(&of(1), &json!({ "role": "admin" })).await.data(200);
    assert_eq!(changed[1]["role"], "admin");
    assert_eq!(caller.deletes(&of(0)).await.json(), json!({ "deleted": true }));
    assert_eq!(caller.gets("/members").await.json()["data"].as_array().unwrap().len(), 1);
    caller.posts("/invitations", &json!({ "role": "owner" })).await.error(400);
    caller.patches(&of(1), &json!({})).await.error(400);

    let withdrawn = caller.posts("/invitations", &json!({ "role": "admin" })).await;
    withdrawn.data(201);
    let id = caller.gets("/invitations").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(caller.deletes(&format!("/invitations/{id}")).await.json(), json!({ "deleted": true }));
    caller.deletes(&format!("/invitations/{id}")).await.error(404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_entries_of_another_account_are_out_of_reach() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    caller.posts("/invitations", &json!({ "role": "member" })).await.data(201);
    let ada = caller.gets("/members").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let invitation = caller.gets("/invitations").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    for path in [format!("/members/{ada}"), "/members/nonsense".to_owned(), format!("/invitations/{invitation}")] {
        stranger.deletes(&path).await.error(404);
    }
    stranger.patches(&format!("/members/{ada}"), &json!({ "role": "member" })).await.error(404);
    assert_eq!(stranger.gets("/members").await.json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(stranger.gets("/invitations").await.json()["data"], json!([]));
    assert_eq!(caller.gets("/invitations").await.json()["data"].as_array().unwrap().len(), 1);
    let foreign = stranger.gets("/audit-log?event=member_invited").await.json();
    assert_eq!(foreign, json!({ "data": [], "next": null }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_log_names_the_key_and_is_read_part_by_part() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    for enabled in [true, false] {
        let switch = json!({ "is_observability_broadcast_enabled": enabled });
        caller.patches("/workspaces/default", &switch).await.data(200);
    }
    let newest = caller.gets("/audit-log?limit=1&event=broadcast_switched").await.json();
    let entry = &newest["data"][0];
    assert_eq!((&entry["actor_kind"], &entry["actor"]), (&json!("key"), &json!("Terraform")));
    assert_eq!((&entry["before"], &entry["after"]), (&json!({ "enabled": true }), &json!({ "enabled": false })));
    let next = newest["next"].as_str().unwrap();
    let older = caller.gets(&format!("/audit-log?limit=1&event=broadcast_switched&before={next}")).await.json();
    assert_eq!((&older["data"][0]["after"], &older["next"]), (&json!({ "enabled": true }), &Value::Null));
    assert_eq!(caller.gets("/audit-log?actor=nobody").await.json()["data"], json!([]));
    for query in ["limit=0", "before=x", "event=nonsense"] {
        caller.gets(&format!("/audit-log?{query}")).await.error(400);
    }
    app.stop().await;
}
