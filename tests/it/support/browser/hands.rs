//! What a person does: types, clicks, presses keys, sends forms.

use serde_json::json;
use thirtyfour::{By, Key, TypingData, WebElement};

use super::Browser;

impl Browser {
    /// Replaces what stands in a field.
    pub(crate) async fn types(&self, name: &str, text: &str) {
        let field = self.finds(&format!("main [name={name}]")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn clicks(&self, css: &str) {
        self.finds(css).await.click().await.unwrap();
    }

    /// Follows the link whose text contains `words`.
    pub(crate) async fn follows(&self, words: &str) {
        let xpath = format!("//a[contains(normalize-space(.), '{words}')]");
        self.driver.find(By::XPath(xpath)).await.unwrap().click().await.unwrap();
    }

    /// Presses a key, or types, wherever the focus is.
    pub(crate) async fn presses(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses Tab until the focus is at `css`. The focus must be visible at every stop.
    pub(crate) async fn tabs_to(&self, css: &str) {
        for _ in 0..40 {
            self.presses(Key::Tab).await;
            assert!(self.focus_is_visible().await, "the focus cannot be seen at {}", self.focus().await);
            if self.focus_is_at(css).await {
                return;
            }
        }
        panic!("Tab never reaches {css}");
    }

    /// Sends a form from the page that is open, so that its answer is a page to look at.
    pub(crate) async fn sends(&self, path: &str, fields: &[(&str, &str)]) {
        let script = "const [path, fields] = arguments, form = document.createElement('form');
            Object.assign(form, { method: 'post', action: path });
            for (const [name, value] of fields) {
              form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
            }
            document.documentElement.dataset.left = true;
            document.body.append(form);
            form.submit();";
        self.driver.execute(script, vec![json!(path), json!(fields)]).await.unwrap();
        self.waits_until("return !document.documentElement.dataset.left && document.readyState === 'complete'").await;
    }

    pub(crate) async fn finds(&self, css: &str) -> WebElement {
        self.driver.find(By::Css(css)).await.unwrap_or_else(|error| panic!("there is no {css}: {error}"))
    }
}
