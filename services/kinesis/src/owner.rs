//! What has tags and a policy: streams and consumers.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{ConsumerRow, StreamRow};
use crate::limits::POLICY_BYTES_MAX;
use crate::names::{ConsumerName, StreamName};
use crate::streams;

/// A stream or a consumer.
#[derive(Debug)]
pub(crate) enum Owner {
    Stream(Box<StreamRow>),
    Consumer(Box<ConsumerRow>),
}

impl Owner {
    /// The one with this ARN.
    pub(crate) async fn open(cx: &mut Cx, arn: &str, id: Option<&str>) -> Result<Self, Error> {
        if let Some(name) = ConsumerName::of_arn(arn).filter(|_| id.is_none()) {
            if name.stream.region != cx.region() {
                return Err(name.missing());
            }
            let (_, row) = streams::consumer(cx, &name).await?;
            return Ok(Self::Consumer(Box::new(row)));
        }
        let name = StreamName::pick(cx, None, Some(arn), id)?;
        Ok(Self::Stream(Box::new(streams::open(cx, &name).await?.row.clone())))
    }

    /// Its tags.
    pub(crate) fn tags(&mut self) -> &mut BTreeMap<String, String> {
        match self {
            Self::Stream(row) => &mut row.tags,
            Self::Consumer(row) => &mut row.tags,
        }
    }

    /// Its policy.
    pub(crate) fn policy(&mut self) -> &mut Option<String> {
        match self {
            Self::Stream(row) => &mut row.policy,
            Self::Consumer(row) => &mut row.policy,
        }
    }

    /// Stores it.
    pub(crate) async fn put(&self, cx: &mut Cx) -> Result<(), Error> {
        match self {
            Self::Stream(row) => table::put(cx.tx(), row.as_ref()).await?,
            Self::Consumer(row) => table::put(cx.tx(), row.as_ref()).await?,
        }
        Ok(())
    }
}

/// A policy that a request gives.
pub(crate) fn checked_policy(text: &str) -> Result<String, Error> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(Error::invalid(format!("The policy is longer than {POLICY_BYTES_MAX} bytes.")));
    }
    match iampolicy::Policy::parse(text, iampolicy::Kind::Resource) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Error::invalid(format!("Invalid policy document: {error}"))),
    }
}
