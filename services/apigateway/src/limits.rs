//! The limits of the service.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>

use std::time::Duration;

/// Items of one page when the request names no number.
pub(crate) const PAGE_DEFAULT: usize = 25;
/// Items of one page at most.
pub(crate) const PAGE_MAX: usize = 500;
/// Resources of an API.
pub(crate) const RESOURCES_MAX: usize = 300;
/// Stages of an API.
pub(crate) const STAGES_MAX: usize = 10;
/// Bytes of a request's body.
pub(crate) const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The longest, and usual, time that an integration may take.
pub(crate) const TIMEOUT_MILLIS_MAX: i32 = 29_000;
/// The longest time that an integration may take whose answer is streamed.
pub(crate) const STREAM_TIMEOUT_MILLIS_MAX: i32 = 15 * 60 * 1000;
/// The time without a byte after which the stream of an edge-optimized endpoint ends.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>
pub(crate) const STREAM_IDLE_EDGE: Duration = Duration::from_secs(30);
/// The time without a byte after which every other stream ends.
pub(crate) const STREAM_IDLE: Duration = Duration::from_secs(5 * 60);
/// The bytes within which a streamed answer has to have its status and headers.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>
pub(crate) const STREAM_HEAD_BYTES_MAX: usize = 16 * 1024;
/// The shortest time that can be asked for.
pub(crate) const TIMEOUT_MILLIS_MIN: i32 = 50;
/// Bytes of a model's schema.
pub(crate) const MODEL_BYTES_MAX: usize = 400 * 1024;
/// Tags of an API or stage.
pub(crate) const TAGS_MAX: usize = 50;
/// Stages that are kept compiled in memory; then the memory starts anew.
pub(crate) const COMPILED_MAX: usize = 1024;
/// The longest time for which an authorizer's answer is kept.
pub(crate) const AUTHORIZER_TTL_SECONDS_MAX: i32 = 3600;
/// The time for which it is kept when nothing else is said.
pub(crate) const AUTHORIZER_TTL_SECONDS_USUAL: i32 = 300;
/// Authorizers of an API.
pub(crate) const AUTHORIZERS_MAX: usize = 10;
/// Answers that an authorizer keeps; then its memory starts anew.
pub(crate) const GRANTS_MAX: usize = 4096;
/// The shortest value of an API key.
pub(crate) const API_KEY_CHARACTERS_MIN: usize = 20;
