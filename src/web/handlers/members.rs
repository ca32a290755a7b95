//! Members and invitations.

use actix_web::web;
use secrecy::ExposeSecret as _;

use super::{done, public_url, shown};
use crate::auth::Role;
use crate::auth::members;
use crate::id::UserId;
use crate::state::State;
use crate::web::error::{Error, Result};
use crate::web::extract::{Admin, Visitor};
use crate::web::flash::Notice;
use crate::web::form::Form;
use crate::web::html;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::members::{MemberRow, MembersPage};
use crate::web::shell::Section;
use crate::web::when::When;

/// `GET /settings/members`
pub(in crate::web) async fn show(state: web::Data<State>, visitor: Visitor) -> Result {
    let page = page(&state, &visitor, None).await?;
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// `POST /settings/members/invitations`: the link is shown in the answer, this once.
pub(in crate::web) async fn create(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let role = Role::from_name(values.text("role"));
    let token = members::invite(&state, visitor.account(), visitor.session.user, role).await?;
    let link = format!("{}/invitations/{}", public_url(&state), token.expose_secret());
    Ok(html::ok(&page(&state, &visitor, Some(link)).await?))
}

/// `GET /settings/members/{id}/remove`
pub(in crate::web) async fn confirm(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let id = parse(&id)?;
    let (everybody, _) = members::list(&state, visitor.account()).await?;
    let member = everybody.into_iter().find(|member| member.user == id).ok_or(Error::NotFound)?;
    let question = format!("Remove {}?", member.email);
    Ok(html::ok(&Confirm {
        shell: visitor.shell(Section::Members, question.clone()),
        question,
        consequence: "They are signed out of this account at once. Keys that they made go on working.".to_owned(),
        button: "Remove",
        action: format!("/settings/members/{id}/remove"),
        back_path: Section::Members.path().to_owned(),
        back_label: "Members",
    }))
}

/// `POST /settings/members/{id}/remove`
pub(in crate::web) async fn remove(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let removed = members::remove(&state, visitor.account(), parse(&id)?).await?;
    removed.then(|| done(&state, Section::Members.path(), Notice::MemberRemoved)).ok_or(Error::NotFound)
}

async fn page(state: &State, visitor: &Visitor, new_link: Option<String>) -> Result<MembersPage> {
    let (everybody, _) = members::list(state, visitor.account()).await?;
    Ok(MembersPage {
        shell: visitor.shell(Section::Members, "Members"),
        members: everybody
            .into_iter()
            .map(|member| MemberRow {
                id: member.user.to_string(),
                is_you: member.user == visitor.session.user,
                email: member.email,
                role: if member.role == Role::Admin { "Admin" } else { "Member" },
                joined: When::new(member.created_at, visitor.now),
            })
            .collect(),
        new_link,
        can_edit: visitor.can_edit(),
    })
}

fn parse(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound)
}
