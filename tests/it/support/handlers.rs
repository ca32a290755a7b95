//! Handlers of a test's own behind a layer of ours, on a server of their own: for what no page of ours does, like panicking.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tracecast::state::State;

/// Serves what `routes` mounts. Where, and what stops it.
pub(crate) fn serve(
    state: State,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> (String, ServerHandle) {
    let state = web::Data::new(state);
    let server = HttpServer::new(move || App::new().app_data(state.clone()).configure(routes.clone()));
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (url, handle)
}
