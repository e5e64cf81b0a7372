//! The HTTP interface: router, handlers, problem+json, OpenAPI, events, exports, the embedded page.
