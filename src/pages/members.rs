//! Members: who belongs to the account, their roles, invitations, removal.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use secrecy::ExposeSecret as _;

use super::answer::{self, done, shown};
use super::components::when::When;
use super::confirm::Confirm;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::public_url;
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::auth::{self, members};
use crate::id::{InvitationId, UserId};
use crate::state::State;
use crate::store::members::{Changed, Role};
use crate::store::{self, Tenant};

/// The list, and the form that makes an invitation link.
#[derive(Debug, Template)]
#[template(path = "pages/members.html")]
pub struct MembersPage {
    pub shell: Shell,
    pub members: Vec<MemberRow>,
    /// Links that can still be used.
    pub invitations: Vec<InvitationRow>,
    /// The link that was just made.
    pub new_link: Option<String>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

#[derive(Debug)]
pub struct MemberRow {
    /// The person's id, as in the address.
    pub id: String,
    /// The address the person signs in with.
    pub email: String,
    /// Whether they may change settings.
    pub is_admin: bool,
    pub joined: When,
    /// Whether it is the person who looks at the page.
    pub is_you: bool,
}

/// One link that can still be used.
#[derive(Debug)]
pub struct InvitationRow {
    /// Its id, as in the address.
    pub id: String,
    /// "Admin" or "Member".
    pub role: &'static str,
    /// Until which day.
    pub expires: String,
}

/// `GET /settings/members`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let page = page(&mut tenant, &visitor).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/members/invitations`: the link is shown in the answer, this once.
pub(super) async fn create(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let role = Role::from_name(values.text("role"));
    let token = match members::invite(&state, &visitor.actor(), role).await {
        Ok(token) => token,
        Err(auth::Error::Invalid(errors)) => {
            let mut page = page(&mut visitor.tenant(&state).await?, &visitor).await?;
            page.shell.problems = problems(&errors);
            return Ok(answer::page(StatusCode::CONFLICT, &page));
        }
        Err(error) => return Err(error.into()),
    };
    let link = format!("{}/invitations/{}", public_url(&state), token.expose_secret());
    let page = page(&mut visitor.tenant(&state).await?, &visitor).await?;
    Ok(answer::ok(&MembersPage { new_link: Some(link), ..page }))
}

/// `POST /settings/members/invitations/{id}/withdraw`
pub(super) async fn withdraw(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let id: InvitationId = id.parse().map_err(|_| Error::NotFound)?;
    let withdrawn = members::withdraw(&state, &visitor.actor(), id).await?;
    withdrawn.then(|| done(&state, Section::Members.path(), Notice::InvitationWithdrawn)).ok_or(Error::NotFound)
}

/// `POST /settings/members/{id}/role`
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let role = Role::from_name(values.text("role"));
    match members::change_role(&state, &visitor.actor(), parse(&id)?, role).await? {
        Changed::From(_) => Ok(done(&state, Section::Members.path(), Notice::RoleChanged)),
        Changed::LastAdmin => last_admin(&state, &visitor).await,
        Changed::NoMember => Err(Error::NotFound),
    }
}

/// `GET /settings/members/{id}/remove`
pub(super) async fn confirm(Admin(visit): Admin<Visit>, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let id = parse(&id)?;
    let everybody = store::members::list(&mut tenant).await?;
    let member = everybody.into_iter().find(|member| member.user == id).ok_or(Error::NotFound)?;
    let question = format!("Remove {}?", member.email);
    Ok(answer::ok(&Confirm {
        shell: visitor.shell(Section::Members, question.clone()),
        question,
        consequence: "They are signed out of this account at once. Keys that they made go on working.".to_owned(),
        button: "Remove",
        action: format!("/settings/members/{id}/remove"),
        back_path: Section::Members.path().to_owned(),
        back_label: "Members".to_owned(),
    }))
}

/// `POST /settings/members/{id}/remove`
pub(super) async fn remove(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    match members::remove(&state, &visitor.actor(), parse(&id)?).await? {
        Changed::From(_) => Ok(done(&state, Section::Members.path(), Notice::MemberRemoved)),
        Changed::LastAdmin => last_admin(&state, &visitor).await,
        Changed::NoMember => Err(Error::NotFound),
    }
}

/// `GET /settings/members/leave`
pub(super) async fn confirm_leaving(visitor: Visitor) -> Result {
    let question = format!("Leave {}?", visitor.session.account_name);
    let consequence = match visitor.accounts.len() {
        1 => "You have no other account and are signed out. To come back you need an invitation.",
        _ => "You go on in another of your accounts. To come back you need an invitation.",
    };
    Ok(answer::ok(&Confirm {
        shell: visitor.shell(Section::Members, question.clone()),
        question,
        consequence: consequence.to_owned(),
        button: "Leave",
        action: "/settings/members/leave".to_owned(),
        back_path: Section::Members.path().to_owned(),
        back_label: "Members".to_owned(),
    }))
}

/// `POST /settings/members/leave`
pub(super) async fn leave(state: web::Data<State>, visitor: Visitor) -> Result {
    match members::remove(&state, &visitor.actor(), visitor.session.user).await? {
        Changed::From(_) => Ok(done(&state, Section::Observability.path(), Notice::Left)),
        Changed::LastAdmin => last_admin(&state, &visitor).await,
        Changed::NoMember => Err(Error::NotFound),
    }
}

async fn last_admin(state: &State, visitor: &Visitor) -> Result<HttpResponse> {
    let message = "An account needs an admin. Make another member an admin first.".to_owned();
    let mut page = page(&mut visitor.tenant(state).await?, visitor).await?;
    page.shell.problems = vec![Problem { field: None, message }];
    Ok(answer::page(StatusCode::CONFLICT, &page))
}

async fn page(tenant: &mut Tenant, visitor: &Visitor) -> Result<MembersPage> {
    let everybody = store::members::list(tenant).await?;
    let invitations = store::invitations::list(tenant).await?;
    Ok(MembersPage {
        shell: visitor.shell(Section::Members, "Members"),
        members: everybody
            .into_iter()
            .map(|member| MemberRow {
                id: member.user.to_string(),
                is_you: member.user == visitor.session.user,
                email: member.email,
                is_admin: member.role == Role::Admin,
                joined: When::new(member.created_at, visitor.now),
            })
            .collect(),
        invitations: invitations
            .into_iter()
            .map(|invitation| InvitationRow {
                id: invitation.id.to_string(),
                role: if invitation.role == Role::Admin { "Admin" } else { "Member" },
                expires: invitation.expires_at.format("%-d %B %Y").to_string(),
            })
            .collect(),
        new_link: None,
        can_edit: visitor.can_edit(),
    })
}

fn parse(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound)
}
