//! What requests name: streams, consumers and shards.

use cloud::prelude::*;

use crate::error::Error;

/// A stream as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamName {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

impl StreamName {
    /// The stream that the parameters `StreamName`, `StreamARN` and `StreamId` name.
    pub(crate) fn pick(
        cx: &Cx,
        name: Option<&str>,
        arn: Option<&str>,
        id: Option<&str>,
    ) -> Result<Self, Error> {
        if id.is_some() {
            // botocore's model: "Not Implemented. Reserved for future use."
            return Err(Error::invalid("StreamId is reserved for future use; name the stream by its ARN"));
        }
        let named = match (name, arn) {
            (_, Some(arn)) => Self::of_arn(arn)
                .filter(|stream| stream.region == cx.region())
                .ok_or_else(|| Error::invalid(format!("StreamARN {arn} is not valid.")))?,
            (Some(name), None) => Self::own(cx, name),
            (None, None) => {
                return Err(Error::invalid("Either StreamName or StreamARN must be specified."));
            }
        };
        match name {
            Some(name) if *name != named.name => {
                Err(Error::invalid("StreamName and StreamARN name different streams."))
            }
            _ => Ok(named),
        }
    }

    /// The caller's stream of this name.
    pub(crate) fn own(cx: &Cx, name: &str) -> Self {
        Self { account: cx.account().to_owned(), region: cx.region().to_owned(), name: name.to_owned() }
    }

    /// The stream of a stream's ARN.
    pub(crate) fn of_arn(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let name = arn.resource().strip_prefix("stream/")?;
        (arn.service() == "kinesis" && is_name(name)).then(|| Self {
            account: arn.account().to_owned(),
            region: arn.region().to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> Arn {
        Arn::new("kinesis", &self.region, &self.account, format_args!("stream/{}", self.name))
    }

    /// That there is no such stream. (kinesalite, db/index.js)
    pub(crate) fn missing(&self) -> Error {
        Error::NotFound(format!("Stream {} under account {} not found.", self.name, self.account))
    }
}

/// What access to a stream is decided on; what names none is refused later, by the operation itself.
pub(crate) fn resource(cx: &Cx, name: Option<&str>, arn: Option<&str>) -> Resource {
    match (arn.map(str::parse::<Arn>), name) {
        (Some(Ok(arn)), _) => arn.into(),
        (_, Some(name)) => cx.arn("kinesis", format_args!("stream/{name}")).into(),
        _ => cx.arn("kinesis", "stream/*").into(),
    }
}

/// What access to the owner of an ARN is decided on.
pub(crate) fn resource_of(cx: &Cx, arn: &str) -> Resource {
    resource(cx, None, Some(arn))
}

/// A registered consumer as its ARN names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerName {
    pub(crate) stream: StreamName,
    pub(crate) name: String,
    /// The second in which it was registered.
    pub(crate) created_at_secs: i64,
}

impl ConsumerName {
    /// The consumer of a consumer's ARN.
    pub(crate) fn of_arn(text: &str) -> Option<Self> {
        let (stream, consumer) = text.split_once("/consumer/")?;
        let (name, created_at) = consumer.rsplit_once(':')?;
        let stream = StreamName::of_arn(stream)?;
        let created_at_secs = created_at.parse().ok()?;
        is_name(name).then(|| Self { stream, name: name.to_owned(), created_at_secs })
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}/consumer/{}:{}", self.stream.arn(), self.name, self.created_at_secs)
    }

    /// That there is no such consumer.
    pub(crate) fn missing(&self) -> Error {
        Error::NotFound(format!("Consumer {} not found.", self.arn()))
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(fits)
}

/// The id of a shard.
pub(crate) fn shard_id(index: u32) -> String {
    format!("shardId-{index:012}")
}

/// The number of a shard: `shardId-000000000003`, `3` and everything between. (kinesalite, getShardIterator.js)
pub(crate) fn shard_index(id: &str) -> Option<u32> {
    let digits = id.split_once('-').map_or(id, |(_, digits)| digits);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<u32>().ok().filter(|index| plain && i32::try_from(*index).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_go_both_ways() {
        let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/my.s-1";
        assert_eq!(StreamName::of_arn(arn).unwrap().arn().as_str(), arn);
        let consumer = format!("{arn}/consumer/c:1767225600");
        let read = ConsumerName::of_arn(&consumer).unwrap();
        assert_eq!((read.arn(), read.created_at_secs), (consumer.clone(), 1_767_225_600));
        for wrong in [
            "x",
            "arn:aws:kinesis:us-east-1:000000000000:stream/",
            "arn:aws:kinesis:us-east-1:000000000000:stream/a/b",
            "arn:aws:sqs:us-east-1:000000000000:stream/a",
            &consumer,
        ] {
            assert_eq!(StreamName::of_arn(wrong), None, "{wrong}");
        }
        assert_eq!(ConsumerName::of_arn(&format!("{arn}/consumer/c")), None);
    }

    #[test]
    fn shards_have_numbers() {
        assert_eq!(shard_id(3), "shardId-000000000003");
        for (id, index) in [
            ("shardId-000000000003", Some(3)),
            ("3", Some(3)),
            ("shardId-", None),
            ("x", None),
            ("shardId-+3", None),
            ("shardId-2147483648", None),
        ] {
            assert_eq!(shard_index(id), index, "{id}");
        }
    }
}
