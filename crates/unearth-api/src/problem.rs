//! What goes wrong, as RFC 9457 problem documents.
//!
//! A [`Problem`] has words for the client and, apart from them, the error behind it for the log.
//! Handlers return it; [`render`] turns it into a response once, at the edge, where the request id
//! is known and the error is logged.

use crate::observe::RequestId;
use axum::{
    Extension,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{error::Error, sync::Arc};
use unearth_audit::FieldError;
pub(crate) use unearth_audit::error_chain as chain;
use unearth_store::StoreError;
use utoipa::ToSchema;

/// A kind of problem. Codes are stable: clients decide by them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $status:ident $code:literal $title:literal;)*) => {
        $(pub(crate) const $name: Kind = Kind { status: StatusCode::$status, code: $code, title: $title };)*
    };
}

kinds! {
    INVALID_REQUEST = UNPROCESSABLE_ENTITY "invalid-request" "The request is not valid";
    INVALID_JSON = BAD_REQUEST "invalid-json" "The body is not JSON";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "body-too-large" "The body is too large";
    UNAUTHENTICATED = UNAUTHORIZED "unauthenticated" "An access token is needed";
    FORBIDDEN = FORBIDDEN "forbidden" "The role of this token does not allow it";
    CROSS_SITE_REQUEST = FORBIDDEN "cross-site-request" "The request comes from another site";
    TOO_MANY_FAILURES = TOO_MANY_REQUESTS "too-many-failures" "Too many wrong access tokens";
    TOKEN_NOT_FOUND = NOT_FOUND "token-not-found" "There is no such access token";
    NO_SUCH_ROUTE = NOT_FOUND "no-such-route" "There is nothing at this address";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method-not-allowed" "This address does not take this method";

    DATASET_NOT_FOUND = NOT_FOUND "dataset-not-found" "There is no such dataset";
    DATASET_NOT_READY = CONFLICT "dataset-not-ready" "The dataset is not ready";
    DATASET_NOT_REFUSED = CONFLICT "dataset-not-refused" "The dataset cannot be validated again";
    DATASET_IN_USE = CONFLICT "dataset-in-use" "Audits were made from the dataset";
    EXAMPLE_NOT_FOUND = NOT_FOUND "example-not-found" "There is no such example";
    UPLOAD_TOO_LARGE = PAYLOAD_TOO_LARGE "upload-too-large" "The upload is too large";
    UPLOAD_CUT_OFF = BAD_REQUEST "upload-cut-off" "The upload was cut off";
    UPLOAD_EMPTY = UNPROCESSABLE_ENTITY "upload-empty" "The upload is empty";
    NOT_SAFETENSORS = UNPROCESSABLE_ENTITY "not-safetensors" "The file is not in the safetensors format";
    WEIGHTS_NOT_FOUND = NOT_FOUND "weights-not-found" "There are no such weights";
    STORAGE_FULL = INSUFFICIENT_STORAGE "storage-full" "The disk is full";

    AUDIT_NOT_FOUND = NOT_FOUND "audit-not-found" "There is no such audit";
    AUDIT_IS_RUNNING = CONFLICT "audit-is-running" "The audit is still running";
    AUDIT_IS_FINISHED = CONFLICT "audit-is-finished" "The audit has ended already";
    AUDIT_NOT_RETRIABLE = CONFLICT "audit-not-retriable" "The audit cannot be tried again";
    AUDIT_NOT_FINISHED = CONFLICT "audit-not-finished" "The audit has no results";
    AUDIT_NOT_EXTERNAL = CONFLICT "audit-not-external" "The audit takes no posted batches";
    AUDIT_NOT_RECEIVING = CONFLICT "audit-not-receiving" "The audit takes no batches any more";
    AUDIT_INCOMPLETE = CONFLICT "audit-incomplete" "Not everything was posted";
    AUDIT_HAS_NO_MAPS = CONFLICT "audit-has-no-maps" "The audit kept no gradient maps";
    SNAPSHOTS_DROPPED = CONFLICT "snapshots-dropped" "The gradient maps were given up";
    SNAPSHOTS_IN_USE = CONFLICT "snapshots-in-use" "The gradient maps are being scored";
    SCORES_NOT_FOUND = NOT_FOUND "scores-not-found" "This was not scored";
    SCORES_NOT_READY = CONFLICT "scores-not-ready" "These scores are not ready";
    SCORES_FAILED = CONFLICT "scores-failed" "These scores could not be computed";
    LEVEL_NOT_FOUND = NOT_FOUND "level-not-found" "There is no report on this population";
    SUBSET_NOT_FOUND = NOT_FOUND "subset-not-found" "There is no such subset";
    SUBSET_UNAVAILABLE = CONFLICT "subset-unavailable" "The subset cannot be told in this audit";
    CHECKPOINT_NOT_FOUND = NOT_FOUND "checkpoint-not-found" "There is no gradient map of this checkpoint";
    DATASET_HAS_NO_IMAGES = CONFLICT "dataset-has-no-images" "The dataset has no images to train on";
    EXAMPLE_HAS_NO_IMAGE = NOT_FOUND "example-has-no-image" "The example is no image";

    LABELS_NOT_IN_FOLDERS = CONFLICT "labels-not-in-folders" "The labels are not class folders";
    DECISION_NOT_FOUND = NOT_FOUND "decision-not-found" "There is no such decision";
    DECISION_NOT_YOURS = CONFLICT "decision-not-yours" "The decision is another reviewer's";
    DECISION_ID_REUSED = CONFLICT "decision-id-reused" "The id came with another decision";
    COUNT_CHANGED = CONFLICT "count-changed" "Not as many examples match as you were told";
    SAMPLE_NOT_FOUND = NOT_FOUND "sample-not-found" "There is no such sample";

    BATCH_NOT_FOUND = NOT_FOUND "batch-not-found" "There is no such batch";
    BATCH_DIFFERS = CONFLICT "batch-differs" "Another batch was posted under this number";
    BATCH_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE "batch-media-type" "Batches of this media type are not read";
    BATCH_UNREADABLE = UNPROCESSABLE_ENTITY "batch-unreadable" "The batch cannot be read";
    BATCH_TOO_LARGE = PAYLOAD_TOO_LARGE "batch-too-large" "The batch is too large";
    BATCH_EMPTY = UNPROCESSABLE_ENTITY "batch-empty" "The batch is empty";
    COLUMN_MISSING = UNPROCESSABLE_ENTITY "column-missing" "A column is missing";
    COLUMN_UNKNOWN = UNPROCESSABLE_ENTITY "column-unknown" "A column means nothing here";
    COLUMN_WRONG = UNPROCESSABLE_ENTITY "column-wrong" "A column has the wrong type or shape";
    EXAMPLE_UNKNOWN = UNPROCESSABLE_ENTITY "example-unknown" "A row names no example of the dataset";
    EXAMPLE_DUPLICATE = UNPROCESSABLE_ENTITY "example-duplicate" "An example is there twice";
    VALUE_NOT_FINITE = UNPROCESSABLE_ENTITY "value-not-finite" "A value is not a finite number";
    VALUE_OUT_OF_RANGE = UNPROCESSABLE_ENTITY "value-out-of-range" "A value is outside of its range";
    CLASS_UNKNOWN = UNPROCESSABLE_ENTITY "class-unknown" "A class is none of the model's";
    LABEL_MISMATCH = UNPROCESSABLE_ENTITY "label-mismatch" "A label differs from the dataset's";

    TOO_LITTLE_ROOM = INSUFFICIENT_STORAGE "too-little-room" "The audit would not fit on the disk";

    IDEMPOTENCY_KEY_REUSED = UNPROCESSABLE_ENTITY "idempotency-key-reused" "The Idempotency-Key came with another request";
    IDEMPOTENCY_KEY_IN_FLIGHT = CONFLICT "idempotency-key-in-flight" "The request with this Idempotency-Key is being answered";

    HEADER_TOO_LARGE = REQUEST_HEADER_FIELDS_TOO_LARGE "header-too-large" "The header is too large";
    TOO_BUSY = SERVICE_UNAVAILABLE "too-busy" "Too much is asked at once";
    TIMEOUT = SERVICE_UNAVAILABLE "timeout" "The answer took too long";
    DATABASE_AWAY = SERVICE_UNAVAILABLE "database-away" "The database cannot be reached";
    INTERNAL_ERROR = INTERNAL_SERVER_ERROR "internal-error" "Something failed inside the server";
}

/// A request that was not answered as asked.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: &'static Kind,
    detail: String,
    hint: Option<String>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem in words that name the thing concerned: one sentence without a full stop.
    pub(crate) fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            detail: detail.into(),
            hint: None,
            errors: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// A request with these fields wrong.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.to_string(),
            [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
            [] => "the request is not valid".to_owned(),
        };
        Self::new(&INVALID_REQUEST, detail).edit(|inner| inner.errors = errors)
    }

    /// A request with one field wrong.
    pub(crate) fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// Something that is no fault of the client; `cause` goes to the log alone.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(&INTERNAL_ERROR, "it was logged under the request id").caused_by(cause)
    }

    /// What to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.edit(|inner| inner.hint = Some(hint.into()))
    }

    /// The fields concerned.
    pub(crate) fn errors(self, errors: Vec<FieldError>) -> Self {
        self.edit(|inner| inner.errors = errors)
    }

    /// A header that belongs to the answer.
    pub(crate) fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.edit(|inner| inner.headers.push((name, value)))
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.kind.status
    }

    fn caused_by(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.edit(|inner| inner.cause = Some(cause.into()))
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        // A problem is shared only after it became a response.
        change(Arc::get_mut(&mut self.0).expect("a problem under construction has one owner"));
        self
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_storage_full() {
            return Self::new(
                &STORAGE_FULL,
                "there is no room left where the data is kept",
            )
            .hint("free some disk space, or delete datasets that are no longer needed")
            .caused_by(error);
        }
        if error.is_database_away() {
            return Self::new(&DATABASE_AWAY, "the database did not answer")
                .hint("try again in a moment")
                .header(header::RETRY_AFTER, HeaderValue::from_static("5"))
                .caused_by(error);
        }
        Self::internal(error)
    }
}

impl IntoResponse for Problem {
    /// Only the status; [`render`] adds the rest.
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of every answer that is not a success (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'p> {
    /// Names the kind of problem, as a relative address.
    r#type: String,
    /// The kind of problem in words.
    title: &'p str,
    /// The HTTP status.
    status: u16,
    /// What is wrong here.
    detail: &'p str,
    /// The kind of problem, for programs. Codes do not change.
    code: &'p str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'p str>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'p [FieldError],
    /// What the log knows this request by.
    request_id: &'p str,
}

/// Writes problems as problem documents and logs their causes, once.
pub(crate) async fn render(
    Extension(RequestId(request_id)): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(problem) = response
        .extensions_mut()
        .remove::<Problem>()
        .or_else(|| of_bare_status(&response))
    else {
        return response;
    };
    let Inner {
        kind,
        detail,
        hint,
        errors,
        headers,
        cause,
    } = problem.0.as_ref();
    if let Some(cause) = cause {
        tracing::error!(
            code = kind.code,
            error = chain(cause.as_ref()),
            "request failed"
        );
    }
    let document = ProblemDocument {
        r#type: format!("/problems/{}", kind.code),
        title: kind.title,
        status: kind.status.as_u16(),
        detail,
        code: kind.code,
        hint: hint.as_deref(),
        errors,
        request_id: &request_id,
    };
    let body = serde_json::to_vec(&document).expect("a problem document is plain data");
    let (mut parts, _) = response.into_parts();
    parts.status = kind.status;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    for (name, value) in headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body.into())
}

/// What the router or a layer answered with nothing but a status.
fn of_bare_status(response: &Response) -> Option<Problem> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = response.headers().get(header::ALLOW);
            let allowed = allowed
                .and_then(|value| value.to_str().ok())
                .unwrap_or("other methods");
            Some(Problem::new(
                &METHOD_NOT_ALLOWED,
                format!("it takes {allowed}"),
            ))
        }
        StatusCode::SERVICE_UNAVAILABLE
            if !response.headers().contains_key(header::CONTENT_TYPE) =>
        {
            Some(Problem::new(&TIMEOUT, "the server is busy").hint("try again in a moment"))
        }
        _ => None,
    }
}
