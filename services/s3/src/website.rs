//! Static websites: the configuration, and which key or redirect answers a path. Pure; `plane.rs` serves them.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::ROUTING_RULES_MAX;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "website";

#[derive(Clone, Debug, Shape)]
#[shape(xml = "WebsiteConfiguration")]
pub(crate) struct Website {
    error_document: Option<ErrorDocument>,
    index_document: Option<IndexDocument>,
    redirect_all_requests_to: Option<RedirectAll>,
    #[shape(member = "RoutingRule")]
    routing_rules: Option<Vec<RoutingRule>>,
}

#[derive(Clone, Debug, Shape)]
struct ErrorDocument {
    key: String,
}

#[derive(Clone, Debug, Shape)]
struct IndexDocument {
    suffix: String,
}

#[derive(Clone, Debug, Shape)]
struct RedirectAll {
    host_name: String,
    protocol: Option<String>,
}

#[derive(Clone, Debug, Shape)]
struct RoutingRule {
    condition: Option<Condition>,
    redirect: Redirect,
}

#[derive(Clone, Debug, Shape)]
struct Condition {
    http_error_code_returned_equals: Option<String>,
    key_prefix_equals: Option<String>,
}

#[derive(Clone, Debug, Shape)]
struct Redirect {
    host_name: Option<String>,
    http_redirect_code: Option<String>,
    protocol: Option<String>,
    replace_key_prefix_with: Option<String>,
    replace_key_with: Option<String>,
}

/// Where a browser is sent to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) status: u16,
    /// None for the host that was asked.
    pub(crate) host: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) key: String,
}

impl Website {
    /// Refuses what S3 refuses. Texts are recorded answers (replay: test_s3_static_website_hosting, test_website_*).
    pub(crate) fn check(&self) -> Result<(), Error> {
        let argument = |message: &str, name: &'static str, value: &str| {
            Err(Error::InvalidArgument { message: message.to_owned(), name, value: value.to_owned() })
        };
        if let Some(all) = &self.redirect_all_requests_to {
            if self.index_document.is_some() || self.error_document.is_some() || self.routing_rules.is_some()
            {
                let text =
                    "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.";
                return argument(text, "RedirectAllRequestsTo", "not null");
            }
            return check_protocol(all.protocol.as_deref());
        }
        let Some(index) = &self.index_document else {
            let text = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
            return argument(text, "IndexDocument", "null");
        };
        if index.suffix.is_empty() || index.suffix.contains('/') {
            return argument("The IndexDocument Suffix is not well formed", "IndexDocument", &index.suffix);
        }
        if self.error_document.as_ref().is_some_and(|document| document.key.is_empty()) {
            return argument("The ErrorDocument Key is not well formed", "ErrorDocument", "");
        }
        let Some(rules) = &self.routing_rules else {
            return Ok(());
        };
        if rules.is_empty() {
            return Err(Error::MalformedXml);
        }
        if rules.len() > ROUTING_RULES_MAX {
            let text = format!(
                "{} routing rules provided, the number of routing rules in a website configuration is \
                                limited to {ROUTING_RULES_MAX}.",
                rules.len()
            );
            return Err(Error::InvalidRequest(text));
        }
        rules.iter().try_for_each(RoutingRule::check)
    }

    /// Where every request is sent, if the bucket does nothing else.
    pub(crate) fn redirect_all(&self, key: &str) -> Option<Location> {
        let all = self.redirect_all_requests_to.as_ref()?;
        Some(Location {
            status: 301,
            host: Some(all.host_name.clone()),
            protocol: all.protocol.clone(),
            key: key.to_owned(),
        })
    }

    /// The key that answers a path: a folder is answered by its index.
    pub(crate) fn key_of(&self, path: &str) -> String {
        let index = self.index_document.as_ref().map(|index| index.suffix.as_str()).unwrap_or_default();
        if path.is_empty() || path.ends_with('/') { format!("{path}{index}") } else { path.to_owned() }
    }

    /// The index of a path that was given without its last slash.
    pub(crate) fn index_below(&self, path: &str) -> Option<String> {
        let index = self.index_document.as_ref()?;
        Some(format!("{path}/{}", index.suffix))
    }

    /// The key of the page for errors of the caller.
    pub(crate) fn error_key(&self) -> Option<&str> {
        self.error_document.as_ref().map(|document| document.key.as_str())
    }

    /// Where the rules send a request for `key`; `status` is the error that reading it gave, if any.
    pub(crate) fn route(&self, key: &str, status: Option<u16>) -> Option<Location> {
        self.routing_rules.iter().flatten().find_map(|rule| rule.location(key, status))
    }
}

impl RoutingRule {
    fn check(&self) -> Result<(), Error> {
        let invalid = |text: &str| Err(Error::InvalidRequest(text.to_owned()));
        check_protocol(self.redirect.protocol.as_deref())?;
        if self.redirect.replace_key_with.is_some() && self.redirect.replace_key_prefix_with.is_some() {
            return invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
        }
        let empty = |condition: &Condition| {
            condition.http_error_code_returned_equals.is_none() && condition.key_prefix_equals.is_none()
        };
        if self.condition.as_ref().is_some_and(empty) {
            return invalid(
                "Condition cannot be empty. To redirect all requests without a condition, the condition element \
                 shouldn't be present.",
            );
        }
        let code = self.redirect.http_redirect_code.as_deref();
        if code.is_some_and(|code| !matches!(code.parse::<u16>(), Ok(300..=399))) {
            let text = format!(
                "The provided HTTP redirect code ({}) is not valid. Valid codes are 3XX except 300.",
                code.unwrap_or_default()
            );
            return Err(Error::InvalidRequest(text));
        }
        Ok(())
    }

    fn location(&self, key: &str, status: Option<u16>) -> Option<Location> {
        let condition = self.condition.as_ref();
        let prefix = condition.and_then(|condition| condition.key_prefix_equals.as_deref());
        let wanted = condition.and_then(|condition| condition.http_error_code_returned_equals.as_deref());
        let fits = prefix.is_none_or(|prefix| key.starts_with(prefix))
            && wanted.is_none_or(|wanted| status.is_some_and(|status| wanted == status.to_string()))
            // A rule about errors waits for one; one about keys alone is asked first.
            && (wanted.is_some() == status.is_some());
        if !fits {
            return None;
        }
        let Redirect { host_name, http_redirect_code, protocol, replace_key_prefix_with, replace_key_with } =
            self.redirect.clone();
        let rest = key.strip_prefix(prefix.unwrap_or_default()).unwrap_or(key);
        let key = match (replace_key_with, replace_key_prefix_with) {
            (Some(whole), _) => whole,
            (None, Some(front)) => format!("{front}{rest}"),
            (None, None) => key.to_owned(),
        };
        let status = http_redirect_code.and_then(|code| code.parse().ok()).unwrap_or(301);
        Some(Location { status, host: host_name, protocol, key })
    }
}

fn check_protocol(protocol: Option<&str>) -> Result<(), Error> {
    match protocol {
        None | Some("http" | "https") => Ok(()),
        Some(_) => Err(Error::InvalidRequest(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected \
             automatically."
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Website {
        Website::from_doc(wire::json::from_value(Website::schema(), &value).unwrap()).unwrap()
    }

    #[test]
    fn wrong_configurations_are_refused() {
        let index = json!({"Suffix": "index.html"});
        assert!(read(json!({"IndexDocument": index})).check().is_ok());
        for bad in [
            json!({}),
            json!({"IndexDocument": {"Suffix": "/index.html"}}),
            json!({"IndexDocument": index, "RedirectAllRequestsTo": {"HostName": "a"}}),
            json!({"RedirectAllRequestsTo": {"HostName": "a", "Protocol": "ftp"}}),
            json!({"IndexDocument": index, "RoutingRules": []}),
            json!({"IndexDocument": index, "RoutingRules": [{"Redirect": {"Protocol": "ftp"}}]}),
            json!({"IndexDocument": index, "RoutingRules": [{"Condition": {}, "Redirect": {}}]}),
            json!({"IndexDocument": index, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}),
            json!({"IndexDocument": index,
                "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}),
        ] {
            assert!(read(bad.clone()).check().is_err(), "{bad}");
        }
    }

    #[test]
    fn rules_send_elsewhere() {
        let rules = json!([
            {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "404"},
             "Redirect": {"HostName": "example.com", "HttpRedirectCode": "302", "ReplaceKeyWith": "lost"}},
        ]);
        let site = read(json!({"IndexDocument": {"Suffix": "i.html"}, "RoutingRules": rules}));
        assert_eq!(site.route("old/a", None).unwrap().key, "new/a");
        assert_eq!(site.route("a", None), None);
        let lost = site.route("a", Some(404)).unwrap();
        assert_eq!(
            (lost.status, lost.host.as_deref(), lost.key.as_str()),
            (302, Some("example.com"), "lost")
        );
        assert_eq!(site.route("a", Some(403)), None);
        assert_eq!(
            (site.key_of("").as_str(), site.key_of("d/").as_str(), site.key_of("d").as_str()),
            ("i.html", "d/i.html", "d")
        );
    }
}
