//! Every route and what surrounds it.

use crate::{
    App, access, access::Rules, crowd, extract, handlers, idempotency, observe, page, problem,
    problem::Problem,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use std::{any::Any, sync::Arc};
use tokio::sync::Semaphore;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer,
    set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The service.
pub fn router(app: App) -> Router {
    let rules = Arc::new(Rules::of(openapi()));
    let allowed = from_fn_with_state((app.clone(), rules), access::require);
    let once = from_fn_with_state(app.clone(), idempotency::small_posts);
    let in_time =
        TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, app.limits.answer);
    let places = |count| from_fn_with_state(Arc::new(Semaphore::new(count)), crowd::limit);
    let small = documentation()
        .merge(Router::from(small_routes()))
        .route_layer(once)
        // Their answers hold secrets, and are not kept for who asks again.
        .merge(Router::from(access_routes()))
        .route_layer(places(app.limits.requests))
        .route_layer(allowed.clone())
        .merge(Router::from(open_routes()))
        .route_layer(in_time);
    Router::from(upload_routes())
        .route_layer(places(app.limits.uploads))
        .route_layer(allowed)
        .merge(small)
        .fallback(page::serve)
        .layer(DefaultBodyLimit::max(extract::JSON_BYTES_MAX))
        .layer(from_fn(crowd::header))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(problem::render))
        .layer(default_header(
            header::CONTENT_SECURITY_POLICY,
            page::CONTENT_SECURITY_POLICY,
        ))
        .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(default_header(header::REFERRER_POLICY, "no-referrer"))
        .layer(default_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(default_header(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ))
        .layer(default_header(header::CACHE_CONTROL, "no-store"))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), observe::request))
        .with_state(app)
}

/// The OpenAPI document of the service.
pub fn openapi() -> OpenApi {
    let documented = open_routes()
        .merge(access_routes())
        .merge(small_routes())
        .merge(upload_routes());
    crate::document::describe(documented.into_openapi())
}

/// Routes that need no token.
fn open_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(handlers::health::healthz))
        .routes(routes!(handlers::health::readyz))
        .routes(routes!(handlers::session::start, handlers::session::end))
        .routes(routes!(handlers::session::login))
}

/// Routes that tell and change who may do what.
fn access_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(handlers::session::get))
        .routes(routes!(handlers::session::code))
        .routes(routes!(handlers::tokens::list, handlers::tokens::make))
        .routes(routes!(handlers::tokens::revoke))
        .routes(routes!(handlers::access_log::list))
}

/// Routes whose bodies are streamed, for as long as that takes.
fn upload_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(handlers::datasets::upload))
        .routes(routes!(handlers::weights::upload))
        .routes(routes!(handlers::external::put_records))
        .routes(routes!(handlers::external::put_gradients))
}

/// All other routes.
fn small_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(handlers::datasets::list))
        .routes(routes!(handlers::datasets::validate))
        .routes(routes!(handlers::datasets::get, handlers::datasets::delete))
        .routes(routes!(handlers::examples::list))
        .routes(routes!(handlers::examples::get))
        .routes(routes!(handlers::examples::image))
        .routes(routes!(handlers::weights::get))
        .routes(routes!(handlers::signals::list))
        .routes(routes!(handlers::audits::list, handlers::audits::start))
        .routes(routes!(handlers::audits::estimate_only))
        .routes(routes!(handlers::audits::get, handlers::audits::delete))
        .routes(routes!(handlers::audits::delete_snapshots))
        .routes(routes!(handlers::audits::cancel))
        .routes(routes!(handlers::audits::retry))
        .routes(routes!(handlers::runs::list))
        .routes(routes!(handlers::external::remove_records))
        .routes(routes!(handlers::external::remove_gradients))
        .routes(routes!(handlers::external::received))
        .routes(routes!(handlers::external::complete))
        .routes(routes!(handlers::events::events))
        .routes(routes!(handlers::scores::list, handlers::scores::start))
        .routes(routes!(handlers::provisional::get))
        .routes(routes!(handlers::ranking::list))
        .routes(routes!(handlers::ranking::count))
        .routes(routes!(handlers::ranking_files::csv))
        .routes(routes!(handlers::ranking_files::json_lines))
        .routes(routes!(handlers::ranking_files::parquet))
        .routes(routes!(handlers::interchange::cleanlab))
        .routes(routes!(handlers::interchange::label_studio))
        .routes(routes!(handlers::labels::csv))
        .routes(routes!(handlers::labels::moves))
        .routes(routes!(handlers::example::get))
        .routes(routes!(handlers::gradients::picture))
        .routes(routes!(handlers::statistics::get))
        .routes(routes!(handlers::density::get))
        .routes(routes!(handlers::comparison::get))
        .routes(routes!(handlers::archaeology::get))
        .routes(routes!(handlers::groups::list))
        .routes(routes!(handlers::pie::get))
        .routes(routes!(handlers::pie::level))
        .routes(routes!(
            handlers::decisions::list,
            handlers::decisions::decide
        ))
        .routes(routes!(handlers::decisions::undo))
        .routes(routes!(handlers::reviews::get))
        .routes(routes!(handlers::reviews::top))
        .routes(routes!(handlers::samples::list, handlers::samples::draw))
        .routes(routes!(handlers::samples::get))
        .routes(routes!(handlers::samples::open))
        .routes(routes!(handlers::subsets::list))
        .routes(routes!(handlers::subsets::get))
        .routes(routes!(handlers::document::get))
        .routes(routes!(handlers::health::metrics))
}

/// The document for people, at /docs.
fn documentation() -> Router<App> {
    // Its own page styles itself inline.
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
        img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    Router::from(SwaggerUi::new("/docs").config(Config::from("/openapi.json")))
        .layer(default_header(header::CONTENT_SECURITY_POLICY, POLICY))
}

fn default_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer gives the panic away"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {words}")).into_response()
}
