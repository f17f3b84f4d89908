//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

/// `arn:partition:service:region:account:resource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    text: String,
    /// Byte offsets just after each of the first five colons.
    parts: [usize; 5],
}

/// ARNs are at most this long in IAM's model (`arnType`).
pub const ARN_CHARS_MAX: usize = 2048;

/// A text that is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid ARN")]
pub struct InvalidArn(pub String);

impl Arn {
    /// An ARN in the partition `aws`. The resource is often a name that a client sent and nobody has checked yet:
    /// whatever it is, the parts are these.
    pub fn new(service: &str, region: &str, account: &str, resource: impl fmt::Display) -> Self {
        let text = format!("arn:aws:{service}:{region}:{account}:{resource}");
        let mut parts = ["arn".len() + 1; 5];
        for (index, part) in ["aws", service, region, account].into_iter().enumerate() {
            parts[index + 1] = parts[index] + part.len() + 1;
        }
        Self { text, parts }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, usually.
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// The service, such as `sqs`.
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The region; empty for global resources.
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account; empty for S3 buckets and the like.
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// Everything after the account.
    pub fn resource(&self) -> &str {
        &self.text[self.parts[4]..]
    }

    fn part(&self, index: usize) -> &str {
        &self.text[self.parts[index]..self.parts[index + 1] - 1]
    }
}

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let invalid = || InvalidArn(text.chars().take(ARN_CHARS_MAX).collect());
        if !text.starts_with("arn:") || text.len() > ARN_CHARS_MAX {
            return Err(invalid());
        }
        let mut colons = text.match_indices(':').map(|(at, _)| at + 1);
        let mut parts = [0; 5];
        for part in &mut parts {
            *part = colons.next().ok_or_else(invalid)?;
        }
        if parts[4] == text.len() {
            return Err(invalid());
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_function_arn() {
        let arn: Arn = "arn:aws:lambda:us-east-1:000000000000:function:hello:1".parse().expect("valid");
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            ("aws", "lambda", "us-east-1", "000000000000", "function:hello:1"),
        );
    }

    #[test]
    fn buckets_have_neither_region_nor_account() {
        let arn = Arn::new("s3", "", "", "bucket/key:with:colons");
        assert_eq!((arn.region(), arn.account(), arn.resource()), ("", "", "bucket/key:with:colons"));
    }

    /// A queue with a name of 70 000 characters ended the task that asked for it, and its connection.
    #[test]
    fn names_that_nobody_has_checked_make_no_panic() {
        let long = "a".repeat(70_000);
        let arn = Arn::new("sqs", "us-east-1", "000000000000", &long);
        assert_eq!((arn.service(), arn.account(), arn.resource()), ("sqs", "000000000000", long.as_str()));
        let arn = Arn::new("sqs", "us-east-1", "000000000000", "");
        assert_eq!((arn.partition(), arn.region(), arn.resource()), ("aws", "us-east-1", ""));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "arn:aws:s3", "arn:aws:sqs:us-east-1:000000000000:", "urn:aws:s3:::b"] {
            assert_eq!(text.parse::<Arn>(), Err(InvalidArn(text.to_owned())));
        }
    }
}
