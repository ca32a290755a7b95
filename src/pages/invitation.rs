//! Accepting an invitation while signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::answer::{self, done};
use super::components::control::Control;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::{Form, Values};
use super::problem::ProblemPage;
use super::shell::{Problem, Shell, problems};
use super::sign_up::{SignUpPage, filled};
use super::visit::{Visit, Visitor};
use super::welcome::{HOME, welcome};
use crate::auth::{self, sign_up};
use crate::client::Client;
use crate::state::State;
use crate::store::invitations::Invitation;

/// One question: join this account?
#[derive(Debug, Template)]
#[template(path = "pages/invitation.html")]
pub struct InvitationPage {
    pub shell: Shell,
    pub account_name: String,
    /// Who would join.
    pub email: String,
    /// `member` or `admin`.
    pub role: &'static str,
    /// Where the form goes.
    pub action: String,
}

/// `GET /invitations/{token}`
pub(super) async fn show(state: web::Data<State>, request: HttpRequest, token: web::Path<String>) -> Result {
    let Some(invitation) = sign_up::find_invitation(&state, &token).await? else { return Ok(unusable()) };
    Ok(match Visit::find(&request).await? {
        Some(Visit { visitor, .. }) => answer::ok(&InvitationPage {
            shell: Shell::signed_out(format!("Join {}", invitation.account_name)),
            account_name: invitation.account_name,
            email: visitor.session.email,
            role: invitation.role.name(),
            action: format!("/invitations/{token}"),
        }),
        None => answer::ok(&page(&invitation, &token, &Values::default(), Vec::new())),
    })
}

/// `POST /invitations/{token}`
pub(super) async fn update(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    token: web::Path<String>,
    Form(values): Form,
) -> Result {
    state.rate_limits.signed_out_form(client.address).map_err(Error::TooOften)?;
    let Some(invitation) = sign_up::find_invitation(&state, &token).await? else { return Ok(unusable()) };
    if let Some(visitor) = Visit::find(&request).await?.map(|visit| visit.visitor) {
        return join(&state, &visitor, &token).await;
    }
    let unreadable = values.problems(&["email", "password"]);
    if !unreadable.is_empty() {
        return Ok(answer::unprocessable(&page(&invitation, &token, &values, unreadable)));
    }
    let (email, password) = (values.text("email"), values.raw("password").into());
    match sign_up::accept_invitation(&state, &client, &token, email, password).await {
        Ok(signed_in) => welcome(&state, &request, &client, &signed_in, HOME).await,
        Err(auth::Error::Invalid(errors)) => {
            Ok(answer::unprocessable(&page(&invitation, &token, &values, problems(&errors))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Somebody who is signed in becomes a member, and looks at the new account.
async fn join(state: &State, visitor: &Visitor, token: &str) -> Result {
    let session = &visitor.session;
    match sign_up::join(state, &visitor.client, token, session.user, &session.email).await {
        Ok(account) => {
            auth::session::switch(state, session, account).await?;
            Ok(done(state, HOME, Notice::Joined))
        }
        // Somebody else was faster with this link.
        Err(auth::Error::Invalid(_)) => Ok(unusable()),
        Err(error) => Err(error.into()),
    }
}

/// Used, expired, withdrawn or mistyped: one page for all, so that a link alone does not show which.
fn unusable() -> HttpResponse {
    let sentence = "It was used, has expired, or its link is not complete. Ask an admin for a new link.";
    let page = ProblemPage::new(StatusCode::NOT_FOUND).saying("This invitation cannot be used", sentence);
    answer::page(StatusCode::NOT_FOUND, &page)
}

fn page(invitation: &Invitation, token: &str, values: &Values, problems: Vec<Problem>) -> SignUpPage {
    let fields = vec![
        Control::email(),
        Control::password("password", "Password", "new-password")
            .hint("At least 12 characters. Several words in a row are easy to remember."),
    ];
    let heading = format!("Join {}", invitation.account_name);
    SignUpPage {
        fields: filled(fields, values, &problems),
        shell: Shell { problems, ..Shell::signed_out(heading.clone()) },
        heading,
        lead: format!("You are invited as {}.", invitation.role.name()),
        action: format!("/invitations/{token}"),
        button: "Join",
        is_first: false,
        sign_in_path: format!("/sign-in?next=/invitations/{token}"),
    }
}
