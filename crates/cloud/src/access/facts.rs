//! The condition keys of a request.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use std::borrow::Cow;

use iampolicy::Context;
use shape::Timestamp;

use super::{REQUEST_TAGS, RESOURCE_TAGS};
use crate::caller::{Caller, Principal};
use crate::operation::Conditions;

/// Answers condition keys when a policy asks for them.
pub(super) struct RequestFacts<'f> {
    pub(super) caller: &'f Caller,
    /// What the operation says of its request.
    pub(super) conditions: &'f Conditions,
    /// The tags of the user or role; those of the session come before them.
    pub(super) tags: &'f [(String, String)],
    pub(super) now: Timestamp,
}

impl Context for RequestFacts<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        if let Some((_, values)) = self.conditions.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            return Some(values.iter().map(|value| Cow::Borrowed(value.as_str())).collect());
        }
        if let Some((kind, tag)) = key.split_once('/') {
            return self.tag(kind, tag).map(|value| vec![Cow::Borrowed(value)]);
        }
        if key == "aws:tagkeys" {
            let tags = self.pairs(REQUEST_TAGS)?;
            return Some(tags.map(|(name, _)| Cow::Borrowed(name)).collect());
        }
        self.about_the_caller(key).or_else(|| self.about_the_request(key)).map(|value| vec![value])
    }
}

impl RequestFacts<'_> {
    fn about_the_caller(&self, key: &str) -> Option<Cow<'_, str>> {
        let caller = self.caller;
        let signed = !matches!(caller.principal, Principal::Anonymous | Principal::Service(_));
        match key {
            "aws:principalarn" if signed => Some(self.principal_arn().into()),
            "aws:principalaccount" if signed => Some((&*caller.account).into()),
            "aws:principaltype" => Some(self.principal_type()?.into()),
            "aws:userid" if signed => Some(caller.user_id().into()),
            "aws:username" => match &caller.principal {
                Principal::User { name, .. } => Some((&**name).into()),
                _ => None,
            },
            "aws:principalisawsservice" => {
                Some(text_of(matches!(caller.principal, Principal::Service(_))).into())
            }
            "aws:principalservicename" => match caller.principal {
                Principal::Service(name) => Some(name.into()),
                _ => None,
            },
            "aws:tokenissuetime" => {
                let session = caller.session.as_ref()?;
                Some(wire::time::iso8601(Timestamp::from_millis(session.issued_at_millis)).into())
            }
            // Temporary credentials always have the key; long-term ones never do. No session here has a second factor.
            "aws:multifactorauthpresent" => caller.session.as_ref().map(|_| "false".into()),
            _ => None,
        }
    }

    fn about_the_request(&self, key: &str) -> Option<Cow<'_, str>> {
        let origin = &self.caller.origin;
        match key {
            "aws:currenttime" => Some(wire::time::iso8601(self.now).into()),
            "aws:epochtime" => Some(self.now.secs().to_string().into()),
            "aws:requestedregion" => Some((&*self.caller.region).into()),
            // Nobody can listen in on what stays on the machine: a call from inside, or one over loopback. Deployment
            // buckets deny everything else, and their owners work on this machine.
            "aws:securetransport" => {
                let stays = origin.ip.is_none_or(|ip| ip.to_canonical().is_loopback());
                Some(text_of(origin.tls || stays).into())
            }
            "aws:sourceip" => origin.ip.map(|ip| ip.to_canonical().to_string().into()),
            "aws:useragent" => origin.user_agent.as_deref().map(Cow::Borrowed),
            "aws:sourcearn" => origin.source_arn.as_deref().map(Cow::Borrowed),
            "aws:sourceaccount" => origin.source_account.as_deref().map(Cow::Borrowed),
            "aws:viaawsservice" => Some(text_of(origin.via.is_some()).into()),
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => origin.via.map(Cow::Borrowed),
            _ => None,
        }
    }

    /// For a session this is the role, as policies are written against roles.
    fn principal_arn(&self) -> String {
        match &self.caller.principal {
            Principal::AssumedRole { role, path, .. } => {
                format!("arn:aws:iam::{}:role{path}{role}", self.caller.account)
            }
            _ => self.caller.arn(),
        }
    }

    fn principal_type(&self) -> Option<&'static str> {
        match self.caller.principal {
            Principal::Root => Some("Account"),
            Principal::User { .. } => Some("User"),
            Principal::AssumedRole { .. } => Some("AssumedRole"),
            Principal::Anonymous => Some("Anonymous"),
            Principal::Service(_) => None,
        }
    }

    /// The value of a tag. Names of tags ignore case in condition keys.
    fn tag(&self, kind: &str, name: &str) -> Option<&str> {
        match kind {
            "aws:principaltag" => {
                let session = self.caller.session.iter().flat_map(|session| &session.tags);
                let mut tags = session.chain(self.tags);
                tags.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
            }
            "aws:requesttag" => self.pair(REQUEST_TAGS, name),
            "aws:resourcetag" => self.pair(RESOURCE_TAGS, name),
            _ => None,
        }
    }

    fn pair(&self, key: &str, name: &str) -> Option<&str> {
        self.pairs(key)?.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values that stand in turn.
    fn pairs(&self, key: &str) -> Option<impl Iterator<Item = (&str, &str)>> {
        let (_, values) = self.conditions.iter().find(|(known, _)| *known == key)?;
        Some(values.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())))
    }
}

fn text_of(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}
