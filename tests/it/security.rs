//! Strangers share this server: each promise of SECURITY.md, seen from the side of who attacks it.

mod api_routes;
mod audit;
mod canaries;
mod content;
mod cookies;
mod edge;
mod first_account;
mod limits;
mod management_keys;
pub(crate) mod members;
mod operator;
mod password;
mod programs;
mod revoked_keys;
mod routes;
mod row_level_security;
pub(crate) mod second_factor;
mod sessions;
mod sign_in_log;
mod smuggling;
mod throttling;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tracecast::config::{Given, Source};

use crate::support::app::{Answer, TestApp, read};
use crate::support::http::client;

/// The password with which [`TestApp::signs_up`] signs up.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Lets a test choose the address from which it comes, as a proxy of ours would tell it.
fn behind_a_proxy(given: Given) -> Given {
    given.with("trusted-proxies", "127.0.0.1", Source::Argument)
}

/// Tries to sign in from `address`, in an application that runs [`behind_a_proxy`].
async fn signs_in_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    tries_from(&client(), app, address, &[("email", email), ("password", password)]).await
}

/// The same with a client that others use, too.
async fn tries_from(client: &reqwest::Client, app: &TestApp, address: &str, form: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = client.post(format!("{}/sign-in", app.url)).header("sec-fetch-site", "same-origin");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    read(request.header("x-forwarded-for", address).body(body).send().await.unwrap()).await
}

async fn signs_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.posts_form("", "/sign-in", &[("email", email), ("password", password)]).await
}

/// Looks or reaches behind the curtain.
async fn database(app: &TestApp) -> PgConnection {
    PgConnection::connect(&app.database.admin_url).await.unwrap()
}

/// The one value that a query gives.
async fn value<T>(app: &TestApp, query: &str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
    query.fetch_one(&mut database(app).await).await.unwrap()
}

/// Changes what is stored.
async fn executes(app: &TestApp, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut database(app).await).await.unwrap();
}
