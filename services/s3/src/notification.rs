//! Event notifications of a bucket: which there are, and whether they may be. Pure.
//!
//! `event.rs` says what is sent, `announce.rs` sends it.

use std::collections::HashSet;

use cloud::prelude::*;

use crate::error::Error;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "notification";
/// Configurations of a bucket
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html>, "100 event notifications").
const CONFIGURATIONS_MAX: usize = 100;
/// Characters of a configuration's id.
const ID_CHARS_MAX: usize = 255;
/// Characters of a filter's value.
const VALUE_CHARS_MAX: usize = 1024;

/// Events that may be asked for; those of what this cloud has not never come.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html>
const EVENTS: [&str; 27] = [
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
];

/// Where a bucket's events go.
#[derive(Clone, Debug, Default, Shape)]
#[shape(xml = "NotificationConfiguration")]
pub(crate) struct Notification {
    #[shape(flat, xml = "TopicConfiguration")]
    topic_configurations: Option<Vec<Topic>>,
    #[shape(flat, xml = "QueueConfiguration")]
    queue_configurations: Option<Vec<Queue>>,
    #[shape(flat, xml = "CloudFunctionConfiguration")]
    lambda_function_configurations: Option<Vec<Function>>,
    event_bridge_configuration: Option<EventBridge>,
}

#[derive(Clone, Debug, Shape)]
struct Topic {
    id: Option<String>,
    #[shape(xml = "Topic")]
    topic_arn: String,
    #[shape(flat, xml = "Event")]
    events: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Clone, Debug, Shape)]
struct Queue {
    id: Option<String>,
    #[shape(xml = "Queue")]
    queue_arn: String,
    #[shape(flat, xml = "Event")]
    events: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Clone, Debug, Shape)]
struct Function {
    id: Option<String>,
    #[shape(xml = "CloudFunction")]
    lambda_function_arn: String,
    #[shape(flat, xml = "Event")]
    events: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Clone, Debug, Shape)]
struct EventBridge {}

#[derive(Clone, Debug, Shape)]
struct Filter {
    #[shape(xml = "S3Key")]
    key: Option<KeyFilter>,
}

#[derive(Clone, Debug, Shape)]
struct KeyFilter {
    #[shape(flat, xml = "FilterRule")]
    filter_rules: Option<Vec<Rule>>,
}

#[derive(Clone, Debug, Shape)]
struct Rule {
    name: Option<String>,
    value: Option<String>,
}

/// One destination with what it wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'n> {
    /// `sns`, `sqs` or `lambda`.
    pub(crate) service: &'static str,
    pub(crate) id: &'n str,
    pub(crate) arn: &'n str,
    events: &'n [String],
    filter: Option<&'n Filter>,
}

impl Notification {
    /// All destinations but EventBridge.
    pub(crate) fn destinations(&self) -> Vec<Destination<'_>> {
        let mut all = Vec::new();
        for one in self.topic_configurations.iter().flatten() {
            all.push(destination("sns", one.id.as_deref(), &one.topic_arn, &one.events, one.filter.as_ref()));
        }
        for one in self.queue_configurations.iter().flatten() {
            all.push(destination("sqs", one.id.as_deref(), &one.queue_arn, &one.events, one.filter.as_ref()));
        }
        for one in self.lambda_function_configurations.iter().flatten() {
            let (arn, filter) = (&one.lambda_function_arn, one.filter.as_ref());
            all.push(destination("lambda", one.id.as_deref(), arn, &one.events, filter));
        }
        all
    }

    /// Whether EventBridge gets all events.
    pub(crate) fn tells_event_bridge(&self) -> bool {
        self.event_bridge_configuration.is_some()
    }

    /// Names what has no name.
    pub(crate) fn complete(&mut self, new_id: impl Fn() -> String) {
        let named = |id: &mut Option<String>| {
            if id.as_ref().is_none_or(String::is_empty) {
                *id = Some(new_id());
            }
        };
        self.topic_configurations.iter_mut().flatten().for_each(|one| named(&mut one.id));
        self.queue_configurations.iter_mut().flatten().for_each(|one| named(&mut one.id));
        self.lambda_function_configurations.iter_mut().flatten().for_each(|one| named(&mut one.id));
        let filters = self.topic_configurations.iter_mut().flatten().filter_map(|one| one.filter.as_mut());
        let filters = filters
            .chain(self.queue_configurations.iter_mut().flatten().filter_map(|one| one.filter.as_mut()))
            .chain(
                self.lambda_function_configurations
                    .iter_mut()
                    .flatten()
                    .filter_map(|one| one.filter.as_mut()),
            );
        for rule in filters
            .filter_map(|filter| filter.key.as_mut())
            .flat_map(|key| key.filter_rules.iter_mut().flatten())
        {
            // S3 shows the names with a capital.
            rule.name = rule.name.as_deref().map(capital);
        }
    }

    /// Refuses what S3 refuses, but for destinations that cannot be reached.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let destinations = self.destinations();
        if destinations.len() > CONFIGURATIONS_MAX {
            return Err(Error::InvalidRequest(format!(
                "The bucket has more than {CONFIGURATIONS_MAX} notification configurations"
            )));
        }
        let mut ids = HashSet::new();
        for destination in &destinations {
            destination.check()?;
            if !ids.insert(destination.id) {
                return Err(invalid(
                    "Same ID used for multiple configurations. IDs must be unique",
                    "Id",
                    destination.id,
                ));
            }
        }
        for (at, one) in destinations.iter().enumerate() {
            if let Some(other) = destinations[at + 1..].iter().find(|other| one.overlaps(other)) {
                let text = "Configurations overlap. Configurations on the same bucket cannot share a common event type.";
                let ambiguous = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.";
                let filtered = one.filter.is_some() || other.filter.is_some();
                return Err(invalid(
                    if filtered { ambiguous } else { text },
                    "NotificationConfiguration",
                    other.arn,
                ));
            }
        }
        Ok(())
    }
}

fn destination<'n>(
    service: &'static str,
    id: Option<&'n str>,
    arn: &'n str,
    events: &'n [String],
    filter: Option<&'n Filter>,
) -> Destination<'n> {
    Destination { service, id: id.unwrap_or_default(), arn, events, filter }
}

fn capital(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "prefix" => "Prefix".to_owned(),
        "suffix" => "Suffix".to_owned(),
        _ => name.to_owned(),
    }
}

fn invalid(message: &str, name: &str, value: &str) -> Error {
    Error::Notification { message: message.to_owned(), name: name.to_owned(), value: value.to_owned() }
}

impl Destination<'_> {
    /// Whether it wants an event, such as `ObjectCreated:Put`, of a key.
    pub(crate) fn wants(&self, event: &str, key: &str) -> bool {
        let (prefix, suffix) = self.affixes();
        self.events.iter().any(|wanted| is_event(wanted, event))
            && key.starts_with(prefix)
            && key.ends_with(suffix)
    }

    /// Texts as in LocalStack's validated tests of notifications.
    fn check(&self) -> Result<(), Error> {
        let argument = match self.service {
            "sns" => "TopicArn",
            "sqs" => "QueueArn",
            _ => "LambdaFunctionArn",
        };
        let is_it = self.arn.parse::<Arn>().is_ok_and(|arn| arn.service() == self.service);
        if !is_it {
            return Err(invalid("The ARN could not be parsed", argument, self.arn));
        }
        if self.arn.ends_with(".fifo") {
            return Err(invalid(
                "Unable to validate the following destination configurations",
                self.arn,
                "FIFO queues and topics cannot be destinations of notifications",
            ));
        }
        if self.id.chars().count() > ID_CHARS_MAX {
            return Err(invalid("The ID is too long", "Id", self.id));
        }
        if self.events.is_empty() {
            return Err(Error::MalformedXml);
        }
        if let Some(event) = self.events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            return Err(invalid("The event is not supported for notifications", "Event", event));
        }
        let rules = self.rules();
        for rule in rules {
            let (name, value) =
                (rule.name.as_deref().unwrap_or_default(), rule.value.as_deref().unwrap_or_default());
            if !matches!(capital(name).as_str(), "Prefix" | "Suffix") {
                return Err(invalid(
                    "filter rule name must be either prefix or suffix",
                    "FilterRule.Name",
                    name,
                ));
            }
            if value.chars().count() > VALUE_CHARS_MAX {
                return Err(invalid(
                    "filter rule value cannot be longer than 1024 characters",
                    "FilterRule.Value",
                    value,
                ));
            }
        }
        let count = |wanted: &str| rules.iter().filter(|rule| rule.is(wanted)).count();
        for name in ["Prefix", "Suffix"] {
            if count(name) > 1 {
                let text = format!("Cannot specify more than one {} rule in a filter.", name.to_lowercase());
                return Err(invalid(&text, "FilterRule", self.id));
            }
        }
        Ok(())
    }

    fn rules(&self) -> &[Rule] {
        let key = self.filter.and_then(|filter| filter.key.as_ref());
        key.and_then(|key| key.filter_rules.as_deref()).unwrap_or_default()
    }

    /// What keys begin and end with.
    fn affixes(&self) -> (&str, &str) {
        let value = |wanted: &str| {
            let rule = self.rules().iter().find(|rule| rule.is(wanted));
            rule.and_then(|rule| rule.value.as_deref()).unwrap_or_default()
        };
        (value("Prefix"), value("Suffix"))
    }

    /// Whether some event of some key is wanted by both.
    fn overlaps(&self, other: &Self) -> bool {
        let common = self.events.iter().any(|one| {
            let bare = |event: &str| event.strip_prefix("s3:").unwrap_or(event).to_owned();
            other.events.iter().any(|two| is_event(one, &bare(two)) || is_event(two, &bare(one)))
        });
        let ((prefix, suffix), (other_prefix, other_suffix)) = (self.affixes(), other.affixes());
        let prefixes = prefix.starts_with(other_prefix) || other_prefix.starts_with(prefix);
        common && prefixes && (suffix.ends_with(other_suffix) || other_suffix.ends_with(suffix))
    }
}

impl Rule {
    fn is(&self, wanted: &str) -> bool {
        self.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    }
}

/// Whether `wanted` (`s3:ObjectCreated:*`) names `event` (`ObjectCreated:Put`).
fn is_event(wanted: &str, event: &str) -> bool {
    let wanted = wanted.strip_prefix("s3:").unwrap_or(wanted);
    match wanted.strip_suffix('*') {
        Some(group) => event.starts_with(group),
        None => wanted == event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: serde_json::Value) -> Notification {
        let doc = wire::json::from_value(Notification::schema(), &value).unwrap();
        Notification::from_doc(doc).unwrap()
    }

    fn queue(id: &str, events: &[&str], rules: &[(&str, &str)]) -> serde_json::Value {
        let rules: Vec<_> =
            rules.iter().map(|(name, value)| serde_json::json!({"Name": name, "Value": value})).collect();
        serde_json::json!({"Id": id, "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": events,
            "Filter": {"Key": {"FilterRules": rules}}})
    }

    #[test]
    fn events_and_keys_are_chosen() {
        let one = queue("a", &["s3:ObjectCreated:*"], &[("prefix", "in/"), ("Suffix", ".jpg")]);
        let notification = read(serde_json::json!({"QueueConfigurations": [one]}));
        notification.check().unwrap();
        let destinations = notification.destinations();
        assert!(destinations[0].wants("ObjectCreated:Put", "in/a.jpg"));
        assert!(!destinations[0].wants("ObjectCreated:Put", "a.jpg"));
        assert!(!destinations[0].wants("ObjectCreated:Put", "in/a.png"));
        assert!(!destinations[0].wants("ObjectRemoved:Delete", "in/a.jpg"));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let created = &["s3:ObjectCreated:*"][..];
        for configurations in [
            vec![queue("a", &["s3:ObjectMade"], &[])],
            vec![queue("a", &[], &[])],
            vec![queue("a", created, &[("middle", "x")])],
            vec![queue("a", created, &[("prefix", "x"), ("Prefix", "y")])],
            vec![queue("a", created, &[]), queue("b", &["s3:ObjectCreated:Put"], &[])],
            vec![queue("a", created, &[("prefix", "x")]), queue("b", created, &[("prefix", "xy")])],
            vec![queue("a", created, &[]), queue("a", &["s3:ObjectRemoved:*"], &[])],
        ] {
            let notification = read(serde_json::json!({"QueueConfigurations": configurations}));
            assert!(notification.check().is_err(), "{configurations:?}");
        }
        let apart = [
            queue("a", created, &[("prefix", "x"), ("suffix", ".a")]),
            queue("b", created, &[("prefix", "x"), ("suffix", ".b")]),
        ];
        read(serde_json::json!({"QueueConfigurations": apart})).check().unwrap();
    }
}
