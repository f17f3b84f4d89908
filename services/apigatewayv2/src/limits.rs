//! Every limit of the service ("Quotas for HTTP APIs", API Gateway Developer Guide, unless it says otherwise).

/// Bytes of a request's body: 10 MB.
pub(crate) const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Longest time of an integration in milliseconds.
pub(crate) const TIMEOUT_MILLIS_MAX: i32 = 30_000;
/// Shortest time of an integration in milliseconds (CreateIntegration, "timeoutInMillis").
pub(crate) const TIMEOUT_MILLIS_MIN: i32 = 50;
/// Routes and integrations of an API, each.
pub(crate) const PARTS_MAX: usize = 300;
/// Stages of an API.
pub(crate) const STAGES_MAX: usize = 10;
/// Results of a page when the request names no number.
pub(crate) const RESULTS: usize = 25;
/// Results of a page at most.
pub(crate) const RESULTS_MAX: usize = 500;
/// Compiled stages in memory; beyond that the cache begins anew.
pub(crate) const COMPILED_MAX: usize = 10_000;
