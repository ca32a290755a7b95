//! The addresses of the pages.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, resource};

use super::destination::versions;
use super::error::{Error, Result};
use super::{
    account, activity, assets, audit, code, dead_letters, delete_account, deliveries, delivery, destination,
    documentation, edge, invitation, keys, kinds, members, observability, password_reset, reference, replay,
    second_factor, sessions, sign_in, sign_up, you,
};

/// Mounts the pages. Routes that were mounted before keep their addresses; every other address gets a page. Needs
/// `web::Data<State>`.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("")
            .wrap(from_fn(edge::edge))
            .configure(assets::routes)
            .configure(signing_in)
            .configure(settings)
            .configure(activity)
            .default_service(web::to(nothing)),
    );
}

fn signing_in(config: &mut ServiceConfig) {
    config
        .service(resource("/").get(sign_in::home))
        .service(resource("/sign-up").get(sign_up::new).post(sign_up::create))
        .service(resource("/sign-in").get(sign_in::new).post(sign_in::create))
        .service(resource("/sign-in/code").get(code::new).post(code::create))
        .service(resource("/password-reset/{token}").get(password_reset::edit).post(password_reset::update))
        .service(resource("/sign-out").post(sign_in::remove))
        .service(resource("/invitations/{token}").get(invitation::show).post(invitation::update));
}

fn settings(config: &mut ServiceConfig) {
    let one = "/settings/observability/destinations/{id}";
    config
        .service(resource("/settings").get(sign_in::home))
        .service(resource("/settings/observability").get(observability::show))
        .service(resource("/settings/observability/new").get(kinds::show))
        .service(resource("/settings/observability/broadcast").post(observability::update))
        .service(resource(format!("{one}/edit")).get(destination::edit))
        .service(resource(format!("{one}/deliveries")).get(deliveries::show))
        .service(resource("/settings/observability/destinations/{id}/deliveries/{delivery}").get(delivery::show))
        .service(resource(format!("{one}/dead-letters")).get(dead_letters::show).post(dead_letters::update))
        .service(resource(format!("{one}/replay")).get(replay::show).post(replay::create))
        .service(resource("/settings/observability/destinations/{id}/replays/{replay}").post(replay::update))
        .service(resource(format!("{one}/defaults")).post(destination::save))
        .service(resource(format!("{one}/requests")).post(destination::requests::update))
        .service(resource(format!("{one}/sent")).post(destination::sent::update))
        .service(resource(format!("{one}/versions")).get(versions::show).post(versions::update))
        .service(resource(format!("{one}/send-trace")).post(destination::send_trace))
        .service(resource(format!("{one}/signing-secret")).post(destination::signing_secret::update))
        .service(resource(format!("{one}/pause")).post(destination::pause))
        .service(resource(format!("{one}/resume")).post(destination::resume))
        .service(resource(format!("{one}/delete")).get(destination::confirm).post(destination::remove))
        .service(resource(one).post(destination::update))
        .service(resource("/settings/observability/{kind}/new").get(destination::new))
        .service(resource("/settings/observability/{kind}").post(destination::create))
        .service(resource("/docs/api").get(reference::show))
        .service(resource("/docs/destinations/{kind}").get(documentation::show))
        .service(resource("/settings/keys").get(keys::show).post(keys::create))
        .service(resource("/settings/keys/new").get(keys::new))
        .service(resource("/settings/keys/{id}/revoke").get(keys::confirm).post(keys::remove))
        .configure(members)
        .configure(account);
}

fn activity(config: &mut ServiceConfig) {
    config
        .service(resource("/activity").get(activity::show))
        .service(resource("/activity.csv").get(activity::csv))
        .service(resource("/activity.jsonl").get(activity::json_lines))
        .service(resource("/activity/newest").get(activity::newest))
        .service(resource("/activity/sessions").get(activity::sessions::show))
        .service(resource("/activity/usage").get(activity::usage::show))
        .service(resource("/activity/usage.csv").get(activity::usage::csv))
        .service(resource("/activity/traces/{id}").get(activity::trace::show))
        .service(resource("/activity/sessions/{id}").get(activity::session::show))
        .service(resource("/activity/{id}").get(activity::request::show));
}

fn members(config: &mut ServiceConfig) {
    config
        .service(resource("/settings/members").get(members::show))
        .service(resource("/settings/members/invitations").post(members::create))
        .service(resource("/settings/members/invitations/{id}/withdraw").post(members::withdraw))
        .service(resource("/settings/members/leave").get(members::confirm_leaving).post(members::leave))
        .service(resource("/settings/members/{id}/role").post(members::update))
        .service(resource("/settings/members/{id}/remove").get(members::confirm).post(members::remove));
}

fn account(config: &mut ServiceConfig) {
    config
        .service(resource("/settings/account").get(account::show))
        .service(resource("/settings/account/you").get(you::show))
        .service(resource("/settings/account/name").post(account::rename))
        .service(resource("/settings/account/privacy").post(account::update))
        .service(resource("/settings/account/content-readers").post(account::update_readers))
        .service(resource("/settings/account/password").post(you::update))
        .service(resource("/settings/account/second-factor").get(second_factor::show).post(second_factor::create))
        .service(resource("/settings/account/second-factor/new").post(second_factor::new))
        .service(resource("/settings/account/second-factor/remove").post(second_factor::remove))
        .service(resource("/settings/account/second-factor/recovery-codes").post(second_factor::renew))
        .service(resource("/settings/account/second-factor/required").post(second_factor::update))
        .service(resource("/settings/account/switch").post(sessions::update))
        .service(resource("/settings/account/sessions/end-others").post(sessions::remove_others))
        .service(resource("/settings/account/sessions/{id}/end").post(sessions::remove))
        .service(resource("/settings/account/audit").get(audit::show))
        .service(resource("/settings/account/audit.csv").get(audit::export))
        .service(resource("/settings/account/delete").get(delete_account::confirm).post(delete_account::remove));
}

async fn nothing() -> Result {
    Err(Error::NotFound)
}
