//! Cross-origin rules: what browsers may do from pages of other origins.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::CORS_RULES_MAX;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "cors";
const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "HEAD"];

#[derive(Clone, Debug, Shape)]
#[shape(xml = "CORSConfiguration")]
pub(crate) struct Cors {
    #[shape(flat, name = "CORSRules", xml = "CORSRule")]
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Shape)]
struct Rule {
    #[shape(name = "ID")]
    id: Option<String>,
    #[shape(flat, xml = "AllowedHeader")]
    allowed_headers: Option<Vec<String>>,
    #[shape(flat, xml = "AllowedMethod")]
    allowed_methods: Vec<String>,
    #[shape(flat, xml = "AllowedOrigin")]
    allowed_origins: Vec<String>,
    #[shape(flat, xml = "ExposeHeader")]
    expose_headers: Option<Vec<String>>,
    max_age_seconds: Option<i32>,
}

/// What a rule grants to one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// `*`, or the origin itself.
    pub(crate) origin: String,
    pub(crate) methods: Vec<String>,
    /// Of those that a preflight asks for.
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age_seconds: Option<i32>,
}

impl Cors {
    /// Refuses rules that S3 refuses.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.rules.is_empty() || self.rules.len() > CORS_RULES_MAX {
            return Err(Error::MalformedXml);
        }
        for rule in &self.rules {
            if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
                return Err(Error::MalformedXml);
            }
            if let Some(method) =
                rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str()))
            {
                return Err(Error::InvalidRequest(format!(
                    "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )));
            }
            for origin in &rule.allowed_origins {
                if origin.matches('*').count() > 1 {
                    return Err(Error::InvalidRequest(format!(
                        "AllowedOrigin \"{origin}\" can not have more than one wildcard."
                    )));
                }
            }
            for header in rule.allowed_headers.iter().flatten() {
                if header.matches('*').count() > 1 {
                    return Err(Error::InvalidRequest(format!(
                        "AllowedHeader \"{header}\" can not have more than one wildcard."
                    )));
                }
            }
            if let Some(header) = rule.expose_headers.iter().flatten().find(|header| header.contains('*')) {
                return Err(Error::InvalidRequest(format!(
                    "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for \
                     ExposeHeader."
                )));
            }
        }
        Ok(())
    }

    /// What the first rule that fits grants to a request from `origin`.
    pub(crate) fn grant(&self, origin: &str, method: &str, headers: &[&str]) -> Option<Grant> {
        self.rules.iter().find_map(|rule| {
            let pattern = rule.allowed_origins.iter().find(|pattern| fits(pattern, origin))?;
            let allowed = rule.allowed_headers.as_deref().unwrap_or_default();
            let may = |header: &&str| {
                let header = header.to_ascii_lowercase();
                allowed.iter().any(|pattern| fits(&pattern.to_ascii_lowercase(), &header))
            };
            if !rule.allowed_methods.iter().any(|one| one == method) || !headers.iter().all(may) {
                return None;
            }
            Some(Grant {
                origin: if pattern == "*" { "*".to_owned() } else { origin.to_owned() },
                methods: rule.allowed_methods.clone(),
                headers: headers.iter().map(|header| header.to_ascii_lowercase()).collect(),
                expose: rule.expose_headers.clone().unwrap_or_default(),
                max_age_seconds: rule.max_age_seconds,
            })
        })
    }
}

/// Whether `text` fits a pattern with at most one `*`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, back)) => {
            text.len() >= front.len() + back.len() && text.starts_with(front) && text.ends_with(back)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> Cors {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Cors {
            rules: vec![Rule {
                id: None,
                allowed_headers: Some(own(headers)),
                allowed_methods: own(methods),
                allowed_origins: own(origins),
                expose_headers: None,
                max_age_seconds: None,
            }],
        }
    }

    #[test]
    fn rules_are_checked() {
        assert!(rule(&["*"], &["GET"], &["*"]).check().is_ok());
        for bad in [
            rule(&[], &["GET"], &[]),
            rule(&["*"], &[], &[]),
            rule(&["*"], &["PATCH"], &[]),
            rule(&["http://*.*"], &["GET"], &[]),
            rule(&["*"], &["GET"], &["a*b*"]),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_grants() {
        let cors = rule(&["http://*.example.com"], &["PUT"], &["x-amz-*"]);
        let grant = cors.grant("http://a.example.com", "PUT", &["X-Amz-Date"]).unwrap();
        assert_eq!(
            (grant.origin.as_str(), grant.headers),
            ("http://a.example.com", vec!["x-amz-date".to_owned()])
        );
        for (origin, method, header) in [
            ("http://example.com", "PUT", "x-amz-date"),
            ("http://a.example.com", "GET", "x-amz-date"),
            ("http://a.example.com", "PUT", "content-type"),
        ] {
            assert_eq!(cors.grant(origin, method, &[header]), None, "{origin} {method} {header}");
        }
        assert_eq!(rule(&["*"], &["GET"], &[]).grant("null", "GET", &[]).unwrap().origin, "*");
    }
}
