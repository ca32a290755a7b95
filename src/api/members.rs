//! The people of the account, and the links by which others join. Beyond OpenRouter.

pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret as _;

use self::schema::{
    CreateInvitation, Invitation, InvitationList, Member, MemberList, NewInvitation, NewInvitationAnswer, UpdateMember,
};
use super::destinations::schema::Deleted;
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::input::{Input, required};
use crate::auth::members;
use crate::http::Incoming;
use crate::id::{InvitationId, UserId};
use crate::state::State;
use crate::store;
use crate::store::members::{Changed, Role};

/// The members
///
/// The longest-standing first.
#[utoipa::path(
    get,
    path = "/members",
    operation_id = "listMembers",
    responses(
        (status = 200, description = "The whole list.", body = MemberList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(state: web::Data<State>, key: ManagementKey) -> Result<HttpResponse, Error> {
    let members = store::members::list(&mut state.store.tenant(key.account).await?).await?;
    Ok(HttpResponse::Ok().json(MemberList { data: members.into_iter().map(Member::from).collect() }))
}

/// Give a member another role
///
/// The last admin stays one (409).
#[utoipa::path(
    patch,
    path = "/members/{id}",
    operation_id = "updateMember",
    params(("id" = String, Path, description = "The person's id.")),
    request_body = UpdateMember,
    responses(
        (status = 200, description = "The whole list.", body = MemberList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn update(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let user = parse(&id)?;
    done(members::change_role(&state, &author.actor, user, role(&input)?).await?)?;
    let members = store::members::list(&mut state.store.tenant(author.actor.account).await?).await?;
    Ok(HttpResponse::Ok().json(MemberList { data: members.into_iter().map(Member::from).collect() }))
}

/// Remove a member
///
/// They are signed out of this account at once. Keys that they made go on working. The last admin stays (409).
#[utoipa::path(
    delete,
    path = "/members/{id}",
    operation_id = "deleteMember",
    params(("id" = String, Path, description = "The person's id.")),
    responses(
        (status = 200, description = "They are no member any more.", body = Deleted),
        ManagementErrorResponses,
    )
)]
pub(super) async fn remove(
    state: web::Data<State>,
    author: Author,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    done(members::remove(&state, &author.actor, parse(&id)?).await?)?;
    Ok(HttpResponse::Ok().json(Deleted { deleted: true }))
}

/// The open invitations
///
/// The newest first. Their links are shown only where they are made.
#[utoipa::path(
    get,
    path = "/invitations",
    operation_id = "listInvitations",
    responses(
        (status = 200, description = "The whole list.", body = InvitationList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index_of_invitations(state: web::Data<State>, key: ManagementKey) -> Result<HttpResponse, Error> {
    let open = store::invitations::list(&mut state.store.tenant(key.account).await?).await?;
    Ok(HttpResponse::Ok().json(InvitationList { data: open.into_iter().map(Invitation::from).collect() }))
}

/// Invite somebody
///
/// Makes a link by which one person becomes a member within seven days. It is shown this once.
#[utoipa::path(
    post,
    path = "/invitations",
    operation_id = "createInvitation",
    request_body = CreateInvitation,
    responses(
        (status = 201, description = "The link.", body = NewInvitationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn invite(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let token = members::invite(&state, &author.actor, role(&input)?).await?;
    let server = state.config.public_url.as_str().trim_end_matches('/');
    let link = format!("{server}/invitations/{}", token.expose_secret());
    Ok(HttpResponse::Created().json(NewInvitationAnswer { data: NewInvitation { link } }))
}

/// Withdraw an invitation
#[utoipa::path(
    delete,
    path = "/invitations/{id}",
    operation_id = "deleteInvitation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Its link opens nothing any more.", body = Deleted),
        ManagementErrorResponses,
    )
)]
pub(super) async fn withdraw(
    state: web::Data<State>,
    author: Author,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let no_such = || Error::no_such("There is no such open invitation. GET /api/v1/invitations lists yours.");
    let id: InvitationId = id.parse().map_err(|_| no_such())?;
    let withdrawn = members::withdraw(&state, &author.actor, id).await?;
    withdrawn.then(|| HttpResponse::Ok().json(Deleted { deleted: true })).ok_or_else(no_such)
}

fn done(changed: Changed) -> Result<(), Error> {
    const LAST_ADMIN: &str = "An account needs an admin. Nothing was changed. Make another member an admin first.";
    match changed {
        Changed::From(_) => Ok(()),
        Changed::LastAdmin => Err(Error::conflict(LAST_ADMIN)),
        Changed::NoMember => Err(no_member()),
    }
}

fn role(input: &Input) -> Result<Role, Error> {
    let named = required("role", input.text("role")?)?;
    let role = Some(Role::from_name(named)).filter(|role| role.name() == named);
    role.ok_or_else(|| Error::invalid("role", "`role` must be one of these: admin, member."))
}

fn parse(id: &str) -> Result<UserId, Error> {
    id.parse().map_err(|_| no_member())
}

fn no_member() -> Error {
    Error::no_such("There is no such member. GET /api/v1/members lists them.")
}
