//! Tags of sessions.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>.

use cloud::caller::Caller;
use cloud::prelude::*;

use crate::error::Error;

/// Most tags of a session.
const TAGS_MAX: usize = 50;

/// A tag on the wire.
#[derive(Shape, Clone)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    key: String,
    #[shape(len = 0..=256)]
    value: String,
}

/// The tags of a new session, and which of them go on to sessions that are made from it.
#[derive(Default)]
pub(crate) struct SessionTags {
    pub(crate) all: Vec<(String, String)>,
    pub(crate) transitive: Vec<String>,
}

/// The tags that a request asks for, and those that the caller's session passes on.
pub(crate) fn of_request(
    caller: &Caller,
    tags: Option<Vec<Tag>>,
    transitive: Option<Vec<String>>,
) -> Result<SessionTags, Error> {
    let (tags, transitive) = (tags.unwrap_or_default(), transitive.unwrap_or_default());
    if tags.len() > TAGS_MAX || transitive.len() > TAGS_MAX {
        return Err(Error::Validation(format!("A session can have at most {TAGS_MAX} tags.")));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Error::InvalidParameterValue(format!(
                "The tag key {} is reserved: keys cannot begin with aws:.",
                tag.key
            )));
        }
        if tags[..index].iter().any(|other| other.key.eq_ignore_ascii_case(&tag.key)) {
            return Err(Error::InvalidParameterValue(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into(),
            ));
        }
    }
    let known = |key: &String| tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key));
    if !transitive.iter().all(known) {
        return Err(Error::InvalidParameterValue(
            "The specified transitive tag key must be included in the requested tags.".into(),
        ));
    }
    let mut session =
        SessionTags { all: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(), transitive };
    inherit(&mut session, caller)?;
    Ok(session)
}

fn inherit(session: &mut SessionTags, caller: &Caller) -> Result<(), Error> {
    let Some(parent) = &caller.session else { return Ok(()) };
    for (key, value) in &parent.tags {
        if !parent.transitive_tags.iter().any(|passed| passed.eq_ignore_ascii_case(key)) {
            continue;
        }
        if session.all.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
            return Err(Error::InvalidParameterValue(format!(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                 from the calling session: {key}."
            )));
        }
        session.all.push((key.clone(), value.clone()));
        session.transitive.push(key.clone());
    }
    Ok(())
}
