//! The second step of signing in: the code of the second factor.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::{ExposeSecret as _, SecretString};

use super::door::{Next, local, welcome};
use super::{problems, see_other, throttled};
use crate::auth::{self, sign_in};
use crate::client::Client;
use crate::state::State;
use crate::web::control::Control;
use crate::web::cookies::Cookies;
use crate::web::error::Result;
use crate::web::form::Form;
use crate::web::html;
use crate::web::pages::code::CodePage;
use crate::web::shell::{Problem, Shell};

/// 303 to the page that asks for the code.
pub(super) fn ask(state: &State, token: &SecretString, next: &str) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("next", next).finish();
    let mut response = see_other(&format!("/sign-in/code?{query}"));
    if let Err(error) = response.add_cookie(&Cookies::new(state.config.is_https()).with_step(token)) {
        tracing::error!(%error, "the cookie of a sign-in could not be set");
    }
    response
}

/// `GET /sign-in/code`
pub(in crate::web) async fn new(
    state: web::Data<State>,
    request: HttpRequest,
    query: Option<web::Query<Next>>,
) -> Result {
    if Cookies::new(state.config.is_https()).step(&request).is_none() {
        return Ok(see_other("/sign-in"));
    }
    let next = query.map(|query| query.into_inner().next).unwrap_or_default();
    Ok(html::ok(&page(&next, Vec::new())))
}

/// `POST /sign-in/code`
pub(in crate::web) async fn create(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    Form(values): Form,
) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    let Some(token) = cookies.step(&request) else { return Ok(see_other("/sign-in")) };
    let next = local(values.text("next"));
    let invitation = next.strip_prefix("/invitations/");
    match sign_in::show_code(&state, &client, token.expose_secret(), values.text("code"), invitation).await {
        Ok(signed_in) => {
            let mut response = welcome(&state, &request, &client, &signed_in, next).await?;
            response.add_cookie(&cookies.without_step())?;
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => Ok(html::unprocessable(&page(next, problems(&errors)))),
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |problem| page(next, vec![problem]))),
        Err(error) => Err(error.into()),
    }
}

fn page(next: &str, problems: Vec<Problem>) -> CodePage {
    let code = Control { autocomplete: "one-time-code", code: true, ..Control::text("code", "Code") };
    CodePage {
        next: next.to_owned(),
        code: code.hint("Six digits from your authenticator app, or one of your recovery codes.").problem(&problems),
        shell: Shell { problems, ..Shell::door("Enter your code") },
    }
}
