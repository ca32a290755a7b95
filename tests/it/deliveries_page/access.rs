//! Who may look at deliveries.

use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn members_look_and_for_strangers_there_is_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let path = format!("{}/deliveries", app.connects(&cookie).await);
    let member = app.joins(&app.invites(&cookie, "member").await, "grace@example.com").await;
    let stranger = app.signs_up("eve@example.com").await;

    for (looks, edits) in [(&cookie, true), (&member, false)] {
        let page = app.gets(looks, &path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(">Settings</a>"), "{}", page.text);
        let settings = app.gets(looks, &path.replace("/deliveries", "/edit")).await;
        for act in
            [">Test Connection</button>", ">Send Trace</button>", ">Save</button>", ">Pause</button>", ">Delete…</a>"]
        {
            assert_eq!(settings.text.contains(act), edits, "{act}: {}", settings.text);
        }
    }
    let nowhere = "/settings/observability/destinations/0190a0b0-0000-7000-8000-000000000000/deliveries";
    let foreign = app.gets(&stranger, &path).await;
    assert_eq!((foreign.status, foreign.text), (404, app.gets(&stranger, nowhere).await.text));
    let signed_out = app.gets("", &path).await;
    assert_eq!((signed_out.status, signed_out.location.starts_with("/sign-in")), (303, true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_no_page_links_to_is_no_page() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let path = format!("{}/deliveries", app.connects(&cookie).await);
    let id = "0190a0b0-0000-7000-8000-000000000000";
    for wrong in
        ["", "1", "x.y", "1.x", "%00", &format!("9223372036854775807.{id}"), &format!("-62135596800000000.{id}")]
    {
        assert_eq!(app.gets(&cookie, &format!("{path}?before={wrong}")).await.status, 404, "{wrong}");
    }
    assert_eq!(app.gets(&cookie, &format!("{path}?before=1.{id}&before=2.{id}")).await.status, 404);
    assert_eq!(app.gets(&cookie, &format!("{path}?before=1.{id}&dead_letters_before=2.1")).await.status, 404);
    for wrong in ["", "1", "x.1", "-1.1", "1.x", "1.9223372036854775808"] {
        assert_eq!(app.gets(&cookie, &format!("{path}?dead_letters_before={wrong}")).await.status, 404, "{wrong}");
    }
    let before_all = app.gets(&cookie, &format!("{path}?dead_letters_before=0.0")).await;
    assert_eq!(before_all.status, 200);
    assert!(before_all.text.contains("There is nothing older."), "{}", before_all.text);
    let before_all = app.gets(&cookie, &format!("{path}?before=0.{id}")).await;
    assert_eq!(before_all.status, 200);
    assert!(before_all.text.contains("There is nothing older."), "{}", before_all.text);
    app.stop().await;
}
