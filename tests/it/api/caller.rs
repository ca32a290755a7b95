//! A program with a management key.

use reqwest::Method;
use serde_json::Value;
use tracecast::audit::Actor;
use tracecast::auth::api_keys;
use tracecast::id::AccountId;
use tracecast::token::ApiKeyType;

use crate::support::app::{Answer, TestApp, read};
use crate::support::http::client;

/// A key of an account, and where its API is.
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) key: String,
    base: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// What is under `data`, of an answer with this status.
    #[track_caller]
    pub(crate) fn data(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()["data"].clone()
    }

    /// The sentence and the metadata of an error with this status.
    #[track_caller]
    pub(crate) fn error(&self, status: u16) -> (String, Value) {
        assert_eq!(self.status, status, "{}", self.text);
        let error = &self.json()["error"];
        assert_eq!(error["code"], status, "{error}");
        (error["message"].as_str().unwrap().to_owned(), error["metadata"].clone())
    }
}

impl Caller {
    /// A program of the account of whoever signs up by this address.
    pub(crate) async fn of(app: &TestApp, email: &str) -> Self {
        app.signs_up(email).await;
        Self::of_person(app, email).await
    }

    /// A program of the account of this person.
    pub(crate) async fn of_person(app: &TestApp, email: &str) -> Self {
        let account =
            format!("SELECT account_id::text FROM members JOIN users ON users.id = user_id WHERE email = '{email}'");
        let account: AccountId = app.database.reads(&account).await[0].parse().unwrap();
        let actor = Actor::operator(account);
        let key = api_keys::create(&app.state(), &actor, ApiKeyType::Management, "Terraform").await.unwrap();
        Self { account, key: key.reveal().to_owned(), base: format!("{}/api/v1", app.url) }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        client().request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    pub(crate) async fn gets(&self, path: &str) -> Answer {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn posts(&self, path: &str, body: &Value) -> Answer {
        read(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn patches(&self, path: &str, body: &Value) -> Answer {
        read(self.request(Method::PATCH, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn deletes(&self, path: &str) -> Answer {
        read(self.request(Method::DELETE, path).send().await.unwrap()).await
    }
}
