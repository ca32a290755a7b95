//! The page that is drawn from the OpenAPI document.

use std::collections::BTreeSet;

use scraper::{Html, Selector};
use serde_json::Value;

use super::caller::Caller;
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn reference_has_every_operation_once_and_every_link_within_it_leads_somewhere() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let person = app.signs_up("eve@example.com").await;
    let page = app.gets(&person, "/docs/api").await.text;
    let document: Value = caller.gets("/openapi.json").await.json();
    let html = Html::parse_document(&page);
    let all = |selector: &str| html.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    let shown: Vec<_> = all(".operation h3").iter().map(|title| title.attr("id").unwrap().to_owned()).collect();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
    let described: BTreeSet<_> =
        operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown.len(), described.len());
    assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), described);
    let ids: BTreeSet<_> = all("[id]").iter().map(|element| element.attr("id").unwrap().to_owned()).collect();
    for link in all("main a[href^='#']") {
        let anchor = link.attr("href").unwrap().trim_start_matches('#');
        assert!(ids.contains(anchor), "{anchor}");
    }
    for words in ["filter_rules", "data[].config", "required", "Errors: 400"] {
        assert!(page.contains(words), "{words}");
    }
    app.stop().await;
}
