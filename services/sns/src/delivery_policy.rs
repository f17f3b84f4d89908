//! Delivery policies: how often and when an endpoint is tried again. Pure.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::limits::RETRY_SECONDS_MAX;

/// The content type of requests to endpoints when nobody says another.
pub(crate) const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";
/// Content types that a request policy may name (developer guide, "Creating an HTTP/S delivery policy").
const CONTENT_TYPES: [&str; 11] = [
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xml",
];
/// Retries at most.
const RETRIES_MAX: u32 = 100;

/// When to try again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Retries {
    pub(crate) min_delay_target: i64,
    pub(crate) max_delay_target: i64,
    pub(crate) num_retries: u32,
    #[serde(default)]
    pub(crate) num_max_delay_retries: u32,
    #[serde(default)]
    pub(crate) num_no_delay_retries: u32,
    #[serde(default)]
    pub(crate) num_min_delay_retries: u32,
    #[serde(default)]
    pub(crate) backoff_function: Backoff,
}

/// How waits grow from the shortest to the longest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backoff {
    #[default]
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

impl Default for Retries {
    /// As recorded (test_create_topic_different_attrs).
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_max_delay_retries: 0,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            backoff_function: Backoff::Linear,
        }
    }
}

/// What a delivery policy says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeliveryPolicy {
    pub(crate) retries: Retries,
    pub(crate) content_type: String,
    /// Whether policies of subscriptions do not count.
    pub(crate) overrides_disabled: bool,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self { retries: Retries::default(), content_type: CONTENT_TYPE.to_owned(), overrides_disabled: false }
    }
}

/// Reads the policy of a topic: `{"http": {"defaultHealthyRetryPolicy": .., ..}}`.
pub(crate) fn of_topic(text: &str) -> Result<DeliveryPolicy, Error> {
    let document = object(text)?;
    for name in document.as_object().into_iter().flatten().map(|(name, _)| name) {
        if name != "http" {
            return Err(wrong(&format!("{name} is not a member of the policy")));
        }
    }
    let http = &document["http"];
    let read = Members {
        retries: "defaultHealthyRetryPolicy",
        request: "defaultRequestPolicy",
        throttle: "defaultThrottlePolicy",
        others: &["disableSubscriptionOverrides"],
    };
    let mut policy = read.of(http, DeliveryPolicy::default())?;
    policy.overrides_disabled = http["disableSubscriptionOverrides"] == true;
    Ok(policy)
}

/// Reads the policy of a subscription: `{"healthyRetryPolicy": .., ..}`.
pub(crate) fn of_subscription(text: &str) -> Result<DeliveryPolicy, Error> {
    of_subscription_over(text, DeliveryPolicy::default())
}

fn of_subscription_over(text: &str, base: DeliveryPolicy) -> Result<DeliveryPolicy, Error> {
    let read = Members {
        retries: "healthyRetryPolicy",
        request: "requestPolicy",
        throttle: "throttlePolicy",
        others: &["sicklyRetryPolicy", "guaranteed"],
    };
    read.of(&object(text)?, base)
}

/// The policy of a subscription, over that of its topic. Stored policies were checked when they were set.
pub(crate) fn effective(topic: Option<&str>, subscription: Option<&str>) -> DeliveryPolicy {
    let base = topic.and_then(|text| of_topic(text).ok()).unwrap_or_default();
    match subscription.filter(|_| !base.overrides_disabled) {
        Some(text) => of_subscription_over(text, base.clone()).unwrap_or(base),
        None => base,
    }
}

/// How a topic shows what counts.
pub(crate) fn shown_of_topic(policy: &DeliveryPolicy) -> Value {
    json!({"http": {
        "defaultHealthyRetryPolicy": policy.retries,
        "disableSubscriptionOverrides": policy.overrides_disabled,
        "defaultRequestPolicy": {"headerContentType": policy.content_type},
    }})
}

/// How a subscription shows what counts.
pub(crate) fn shown_of_subscription(policy: &DeliveryPolicy) -> Value {
    json!({
        "healthyRetryPolicy": policy.retries,
        "requestPolicy": {"headerContentType": policy.content_type},
        "guaranteed": false,
    })
}

/// The names of a policy's members.
struct Members {
    retries: &'static str,
    request: &'static str,
    throttle: &'static str,
    others: &'static [&'static str],
}

impl Members {
    fn of(&self, document: &Value, mut policy: DeliveryPolicy) -> Result<DeliveryPolicy, Error> {
        for (name, value) in document.as_object().into_iter().flatten() {
            let name = name.as_str();
            match value {
                Value::Null => {}
                value if name == self.retries => policy.retries = retries(value, self.retries)?,
                value if name == self.request => {
                    policy.content_type = content_type(&value["headerContentType"])?;
                }
                value if name == self.throttle && value["maxReceivesPerSecond"].is_null() => {}
                _ if name == self.throttle => {
                    return Err(Error::unsupported("DeliveryPolicy", "a limit of deliveries per second"));
                }
                Value::Bool(_) if self.others.contains(&name) => {}
                _ => return Err(wrong(&format!("{name} is not a member of the policy"))),
            }
        }
        Ok(policy)
    }
}

fn object(text: &str) -> Result<Value, Error> {
    let value: Value = serde_json::from_str(text).map_err(|_| wrong("failed to parse JSON."))?;
    if value.is_object() { Ok(value) } else { Err(wrong("failed to parse JSON.")) }
}

fn wrong(text: &str) -> Error {
    Error::invalid(format!("DeliveryPolicy: {text}"))
}

fn content_type(value: &Value) -> Result<String, Error> {
    let Some(text) = value.as_str() else { return Ok(CONTENT_TYPE.to_owned()) };
    let bare = text.split(';').next().unwrap_or_default().trim();
    let is_header = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_header && CONTENT_TYPES.contains(&bare) {
        return Ok(text.to_owned());
    }
    Err(wrong(&format!("headerContentType {text} is not supported")))
}

fn retries(value: &Value, name: &str) -> Result<Retries, Error> {
    let retries: Retries =
        serde_json::from_value(value.clone()).map_err(|error| wrong(&format!("{name}: {error}")))?;
    let phases = retries.num_no_delay_retries as u64
        + u64::from(retries.num_min_delay_retries)
        + u64::from(retries.num_max_delay_retries);
    let problem = if !(1..=RETRY_SECONDS_MAX).contains(&retries.min_delay_target) {
        Some("minDelayTarget must be between 1 and maxDelayTarget")
    } else if !(retries.min_delay_target..=RETRY_SECONDS_MAX).contains(&retries.max_delay_target) {
        Some("maxDelayTarget must be between minDelayTarget and 3600")
    } else if retries.num_retries > RETRIES_MAX {
        Some("numRetries must be between 0 and 100")
    } else if phases > u64::from(retries.num_retries) {
        Some("numRetries must be at least the sum of the retries of all phases")
    } else if (1..=retries.num_retries).map(|n| retries.wait_millis(n)).sum::<i64>()
        > RETRY_SECONDS_MAX * 1000
    {
        Some("the retries take more than 3600 seconds")
    } else {
        None
    };
    problem.map_or(Ok(retries), |problem| Err(wrong(&format!("{name}.{problem}"))))
}

impl Retries {
    /// The wait before retry `number`, counted from 1, in milliseconds.
    pub(crate) fn wait_millis(&self, number: u32) -> i64 {
        let (shortest, longest) = (self.min_delay_target * 1000, self.max_delay_target * 1000);
        let Some(after_none) = number.checked_sub(self.num_no_delay_retries + 1) else { return 0 };
        let Some(step) = after_none.checked_sub(self.num_min_delay_retries) else { return shortest };
        let fixed = self.num_no_delay_retries + self.num_min_delay_retries + self.num_max_delay_retries;
        let steps = self.num_retries.saturating_sub(fixed);
        if step >= steps {
            return longest;
        }
        let way = if steps > 1 { f64::from(step) / f64::from(steps - 1) } else { 0.0 };
        let (low, high) = (shortest as f64, longest as f64);
        let wait = match self.backoff_function {
            Backoff::Linear => low + (high - low) * way,
            Backoff::Arithmetic => low + (high - low) * way * (way + 1.0) / 2.0,
            Backoff::Geometric => low * (high / low).powf(way),
            Backoff::Exponential => low + (high - low) * (way * 10.0).exp2() / 1024.0,
        };
        (wait as i64).clamp(shortest, longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_go_through_the_phases() {
        let mut retries = Retries {
            min_delay_target: 1,
            max_delay_target: 10,
            num_retries: 8,
            num_no_delay_retries: 1,
            num_min_delay_retries: 2,
            num_max_delay_retries: 2,
            backoff_function: Backoff::Linear,
        };
        let waits = |retries: &Retries| (1..=8).map(|n| retries.wait_millis(n)).collect::<Vec<_>>();
        assert_eq!(waits(&retries), [0, 1000, 1000, 1000, 5500, 10_000, 10_000, 10_000]);
        for function in [Backoff::Arithmetic, Backoff::Geometric, Backoff::Exponential] {
            retries.backoff_function = function;
            let waits = waits(&retries);
            assert!(waits.is_sorted() && waits[4] < 5500 && waits[7] == 10_000, "{function:?} {waits:?}");
        }
        let default = Retries::default();
        assert_eq!((1..=3).map(|n| default.wait_millis(n)).collect::<Vec<_>>(), [20_000; 3]);
    }

    #[test]
    fn policies_are_checked_and_lie_over_each_other() {
        let topic = r#"{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 2,
            "numRetries": 5}, "disableSubscriptionOverrides": false}}"#;
        let subscription = r#"{"requestPolicy": {"headerContentType": "application/json"}}"#;
        let policy = effective(Some(topic), Some(subscription));
        assert_eq!((policy.retries.num_retries, policy.content_type.as_str()), (5, "application/json"));
        for wrong in [
            "[]",
            r#"{"healthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 2, "numRetries": 5}}"#,
            r#"{"healthyRetryPolicy": {"minDelayTarget": 60, "maxDelayTarget": 60, "numRetries": 61}}"#,
            r#"{"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 2, "numRetries": 1, "numNoDelayRetries": 2}}"#,
            r#"{"throttlePolicy": {"maxReceivesPerSecond": 5}}"#,
            r#"{"requestPolicy": {"headerContentType": "x\r\ny: z"}}"#,
            r#"{"other": 1}"#,
        ] {
            assert!(of_subscription(wrong).is_err(), "{wrong}");
        }
    }
}
