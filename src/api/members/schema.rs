//! Members and invitations as they are sent and answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::store;

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MemberList {
    pub(super) data: Vec<Member>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Member {
    #[schema(format = "uuid")]
    id: String,
    email: String,
    /// `admin` or `member`.
    role: &'static str,
    /// Since when they are a member.
    #[schema(format = "date-time")]
    created_at: String,
}

impl From<store::members::Member> for Member {
    fn from(member: store::members::Member) -> Self {
        let (id, created_at) = (member.user.to_string(), timestamp(member.created_at));
        Self { id, email: member.email, role: member.role.name(), created_at }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "role": "admin" }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct UpdateMember {
    /// `admin` or `member`.
    role: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InvitationList {
    pub(super) data: Vec<Invitation>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Invitation {
    #[schema(format = "uuid")]
    id: String,
    /// `admin` or `member`.
    role: &'static str,
    #[schema(format = "date-time")]
    expires_at: String,
}

impl From<store::invitations::Invitation> for Invitation {
    fn from(invitation: store::invitations::Invitation) -> Self {
        let (id, expires_at) = (invitation.id.to_string(), timestamp(invitation.expires_at));
        Self { id, role: invitation.role.name(), expires_at }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "role": "member" }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct CreateInvitation {
    /// `admin` or `member`.
    role: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NewInvitationAnswer {
    pub(super) data: NewInvitation,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NewInvitation {
    /// Whoever opens it first becomes a member.
    pub(super) link: String,
}
