//! How much may be asked at once.

use crate::problem::{self, Problem};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Largest header of a request, with all of its fields, bytes. Beyond some hundred kilobytes the connection ends before
/// anything of it is seen here.
const HEADER_BYTES_MAX: usize = 32 << 10;

/// Lets so many requests be answered at once and refuses others at the door, before they cost anything. A stream that has
/// begun counts no more.
pub(crate) async fn limit(
    State(places): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Ok(_place) = places.try_acquire() else {
        let detail = "as many requests as the server takes at once are being answered";
        return Err(Problem::new(&problem::TOO_BUSY, detail)
            .hint("try again in a moment")
            .header(header::RETRY_AFTER, HeaderValue::from_static("1")));
    };
    Ok(next.run(request).await)
}

/// Refuses a header that is larger than any of ours.
pub(crate) async fn header(request: Request, next: Next) -> Result<Response, Problem> {
    let bytes = bytes_of(request.headers()) + request.uri().path().len();
    if bytes > HEADER_BYTES_MAX {
        let detail = format!("the header has {bytes} bytes; it may have {HEADER_BYTES_MAX}");
        return Err(Problem::new(&problem::HEADER_TOO_LARGE, detail));
    }
    Ok(next.run(request).await)
}

fn bytes_of(headers: &HeaderMap) -> usize {
    let fields = headers.iter();
    fields
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}
