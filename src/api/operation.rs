//! A row of the API's table of routes, which the server mounts and the OpenAPI document describes.

use actix_web::http::Method;
use actix_web::web;
use actix_web::{HttpResponse, Resource, Route};
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::{Operation as Description, Paths};

use super::error::Error;

/// A handler with the path, the methods and the description that stand in its `#[utoipa::path]`.
pub(super) struct Operation {
    path: fn() -> String,
    methods: fn() -> Vec<HttpMethod>,
    description: fn() -> Description,
    handler: fn() -> Route,
    /// Whether the parameter at the end of its path may hold slashes.
    takes_slashes: bool,
}

impl Operation {
    /// `P` is the type that `#[utoipa::path]` makes beside the handler, `__path_<name>`.
    pub(super) const fn new<P: utoipa::Path>(handler: fn() -> Route) -> Self {
        Self { path: P::path, methods: P::methods, description: P::operation, handler, takes_slashes: false }
    }

    /// The same with slashes in the parameter at the end of its path, as models' names have them.
    pub(super) const fn with_slashes(self) -> Self {
        Self { takes_slashes: true, ..self }
    }

    /// Below the base, for example `/chat/completions`.
    pub(super) fn path(&self) -> String {
        (self.path)()
    }

    /// Adds what it does to the document.
    pub(super) fn describe(&self, paths: &mut Paths) {
        paths.add_path_operation(self.path(), (self.methods)(), (self.description)());
    }

    fn methods(&self) -> Vec<Method> {
        (self.methods)().iter().flat_map(served).collect()
    }
}

/// The operations of one path. It says which methods it takes.
pub(super) fn resource(path: &str, operations: &[&Operation]) -> Resource {
    let allowed: Vec<Method> = operations.iter().flat_map(|operation| operation.methods()).collect();
    let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let refuse = move || {
        let error = Error::method_not_allowed(&allowed);
        async move { Err::<HttpResponse, _>(error) }
    };
    let takes_slashes = operations.iter().any(|operation| operation.takes_slashes);
    let mut resource = web::resource(pattern(path, takes_slashes)).default_service(web::to(refuse));
    for operation in operations {
        for method in operation.methods() {
            resource = resource.route((operation.handler)().method(method));
        }
    }
    resource
}

/// What the path looks like to the router.
fn pattern(path: &str, takes_slashes: bool) -> String {
    let open = path.strip_suffix('}').filter(|_| takes_slashes);
    open.map_or_else(|| path.to_owned(), |start| format!("{start}:.+}}"))
}

/// The methods of HTTP that a described one stands for. A HEAD is part of its GET.
fn served(method: &HttpMethod) -> Vec<Method> {
    match method {
        HttpMethod::Get => vec![Method::GET, Method::HEAD],
        HttpMethod::Post => vec![Method::POST],
        HttpMethod::Put => vec![Method::PUT],
        HttpMethod::Delete => vec![Method::DELETE],
        HttpMethod::Options => vec![Method::OPTIONS],
        HttpMethod::Head => vec![Method::HEAD],
        HttpMethod::Patch => vec![Method::PATCH],
        HttpMethod::Trace => vec![Method::TRACE],
    }
}
