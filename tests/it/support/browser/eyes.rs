//! What a person sees: the text, the focus, the width.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::By;

use super::Browser;

impl Browser {
    /// The text of the page as a person reads it.
    pub(crate) async fn reads(&self) -> String {
        match self.driver.find(By::Css("main")).await {
            Ok(main) => main.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until the page says `words`.
    pub(crate) async fn waits_for(&self, words: &str) {
        let mut text = String::new();
        for _ in 0..400 {
            text = self.reads().await;
            if text.contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the page never said `{words}`, but:\n{text}");
    }

    /// Waits until a script returns true. Between two pages there is nothing to ask; that counts as not yet.
    pub(crate) async fn waits_until(&self, script: &str) {
        for _ in 0..400 {
            if let Ok(answer) = self.driver.execute(script, Vec::new()).await
                && answer.json() == &Value::Bool(true)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never true: {script}");
    }

    /// Pretends a window of this width in a light or dark world.
    pub(crate) async fn is_shown(&self, width: u32, scheme: &str) {
        let cdp = self.driver.cdp();
        let size = json!({ "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": features })).await.unwrap();
        // Until it is drawn, half of the colours are the old ones.
        let drawn = "const [scheme, done] = arguments;
            const is_set = () => matchMedia(`(prefers-color-scheme: ${scheme})`).matches;
            const look = () => is_set() ? requestAnimationFrame(() => requestAnimationFrame(() => done(true)))
                                        : requestAnimationFrame(look);
            look()";
        self.driver.execute_async(drawn, vec![json!(scheme)]).await.unwrap();
    }

    /// How much wider the page is than the window.
    pub(crate) async fn overflow(&self) -> i64 {
        self.computes("return document.documentElement.scrollWidth - window.innerWidth", Vec::new()).await
    }

    /// The element that has the focus.
    pub(crate) async fn focus(&self) -> String {
        let script = "const e = document.activeElement; return e.cloneNode(false).outerHTML";
        self.computes(script, Vec::new()).await
    }

    pub(crate) async fn focus_is_at(&self, css: &str) -> bool {
        self.computes("return document.activeElement.matches(arguments[0])", vec![json!(css)]).await
    }

    /// The focused element is in the window and has an outline of 2 px at least.
    pub(crate) async fn focus_is_visible(&self) -> bool {
        let script = "const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
            return e === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
              && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth)";
        self.computes(script, Vec::new()).await
    }

    /// What a script returns.
    pub(crate) async fn computes<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> T {
        self.driver.execute(script, arguments).await.unwrap().convert().unwrap()
    }
}
