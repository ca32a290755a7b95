//! API keys: made, shown once, listed by their ends, revoked.

use actix_web::web;
use askama::Template;
use chrono::{DateTime, Utc};

use super::answer::{self, done, shown};
use super::components::control::Control;
use super::components::examples::ExampleModel;
use super::components::when::When;
use super::confirm::Confirm;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::{Form, Values};
use super::password::{Act, confirmed, renewed};
use super::public_url;
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::auth::{self, api_keys};
use crate::gateway::Gateway;
use crate::id::ApiKeyId;
use crate::state::State;
use crate::store;
use crate::store::api_keys::ListedKey;
use crate::token::ApiKeyType;

/// The form that makes a key.
#[derive(Debug, Template)]
#[template(path = "pages/key_new.html")]
pub struct NewKeyPage {
    pub shell: Shell,
    /// The control with the new key's name.
    pub name: Control,
    /// Whether management was chosen.
    pub is_management: bool,
}

#[derive(Debug, Template)]
#[template(path = "pages/keys.html")]
pub struct KeysPage {
    pub shell: Shell,
    /// The keys that are not revoked.
    pub keys: Vec<KeyRow>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

#[derive(Debug)]
pub struct KeyRow {
    /// Its id, as in its address.
    pub id: String,
    pub name: String,
    /// "Inference" or "Management".
    pub type_label: &'static str,
    /// "Disabled" or "Expired"; empty where it lets in.
    pub state: &'static str,
    /// Its ends, for example `tck-inf-Ab12…9xYz`.
    pub masked: String,
    pub created: When,
    pub last_used: Option<When>,
    /// The day on which it ends by itself.
    pub expires: Option<String>,
}

/// The new key, shown this once.
#[derive(Template)]
#[template(path = "pages/key_created.html")]
pub struct KeyCreatedPage {
    pub shell: Shell,
    pub name: String,
    pub key: String,
    /// Whether it manages instead of infers.
    pub is_management: bool,
    /// Where the gateway is, without a trailing slash.
    pub public_url: String,
    /// What the examples ask for.
    pub model: ExampleModel,
}

/// `GET /settings/keys`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let keys = store::api_keys::list(&mut tenant).await?;
    let page = KeysPage {
        shell: visitor.shell(Section::Keys, "API keys"),
        keys: keys.into_iter().map(|key| row(key, visitor.now)).collect(),
        can_edit: visitor.can_edit(),
    };
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `GET /settings/keys/new`
pub(super) async fn new(Admin(visitor): Admin) -> Result {
    Ok(answer::ok(&form(&visitor, &Values::default(), Vec::new())))
}

/// `POST /settings/keys`
pub(super) async fn create(
    state: web::Data<State>,
    gateway: web::Data<Gateway>,
    Admin(visitor): Admin,
    Form(values): Form,
) -> Result {
    let unreadable = values.problems(&["name"]);
    if !unreadable.is_empty() {
        return Ok(answer::unprocessable(&form(&visitor, &values, unreadable)));
    }
    let key_type = ApiKeyType::from_name(values.text("type")).unwrap_or(ApiKeyType::Inference);
    let mut token = None;
    if key_type == ApiKeyType::Management {
        let act = Act {
            section: Section::Keys,
            what: "create a management key",
            action: Section::Keys.path().to_owned(),
            carried: &["name", "type"],
            back_path: Section::Keys.path(),
        };
        token = match confirmed(&state, &visitor, &values, &act).await? {
            Ok(token) => token,
            Err(page) => return Ok(page),
        };
    }
    let page = match api_keys::create(&state, &visitor.actor(), key_type, values.text("name")).await {
        Ok(key) => answer::ok(&KeyCreatedPage {
            shell: visitor.shell(Section::Keys, "Your new API key"),
            name: values.text("name").to_owned(),
            key: key.reveal().to_owned(),
            is_management: key_type == ApiKeyType::Management,
            public_url: public_url(&state),
            model: ExampleModel::of(&gateway),
        }),
        Err(auth::Error::Invalid(errors)) => answer::unprocessable(&form(&visitor, &values, problems(&errors))),
        Err(error) => return Err(error.into()),
    };
    Ok(renewed(&state, page, token.as_ref()))
}

/// `GET /settings/keys/{id}/revoke`
pub(super) async fn confirm(Admin(visit): Admin<Visit>, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let id = parse(&id)?;
    let key = store::api_keys::find(&mut tenant, id).await?.ok_or(Error::NotFound)?;
    let question = format!("Revoke {}?", key.name);
    Ok(answer::ok(&Confirm {
        shell: visitor.shell(Section::Keys, question.clone()),
        question,
        consequence: "Programs that use it are refused from now on. This cannot be undone.".to_owned(),
        button: "Revoke",
        action: format!("/settings/keys/{id}/revoke"),
        back_path: Section::Keys.path().to_owned(),
        back_label: "API keys".to_owned(),
    }))
}

/// `POST /settings/keys/{id}/revoke`
pub(super) async fn remove(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let revoked = api_keys::revoke(&state, &visitor.actor(), parse(&id)?).await?;
    revoked.then(|| done(&state, Section::Keys.path(), Notice::KeyRevoked)).ok_or(Error::NotFound)
}

fn form(visitor: &Visitor, values: &Values, problems: Vec<Problem>) -> NewKeyPage {
    NewKeyPage {
        name: Control::text("name", "Name")
            .hint("What will use it, for example your application's name.")
            .value(values.text("name"))
            .problem(&problems),
        shell: Shell { problems, ..visitor.shell(Section::Keys, "Create a key") },
        is_management: values.text("type") == ApiKeyType::Management.name(),
    }
}

fn row(key: ListedKey, now: DateTime<Utc>) -> KeyRow {
    KeyRow {
        id: key.id.to_string(),
        name: key.name,
        type_label: if key.key_type == ApiKeyType::Management { "Management" } else { "Inference" },
        state: match (key.disabled_at, key.expires_at) {
            (Some(_), _) => "Disabled",
            (None, Some(end)) if end <= now => "Expired",
            (None, _) => "",
        },
        masked: key.key_type.masked(&key.last_four),
        expires: key.expires_at.map(|at| at.format("%-d %B %Y").to_string()),
        created: When::new(key.created_at, now),
        last_used: key.last_used_at.map(|at| When::new(at, now)),
    }
}

fn parse(id: &str) -> Result<ApiKeyId> {
    id.parse().map_err(|_| Error::NotFound)
}
