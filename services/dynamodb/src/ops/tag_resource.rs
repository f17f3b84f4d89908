//! TagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::shapes::Tag;
use crate::tables::{self, TableName};
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// The table whose tags an ARN stands for.
pub(crate) fn tagged(cx: &Cx, arn: &str) -> Result<TableName, Error> {
    let name = TableName::of_arn(arn).filter(|name| name.region == cx.region());
    name.ok_or_else(|| {
        Error::validation(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}"))
    })
}

pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.resource_arn).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let mut conditions = tables::tag_conditions(cx, &input.resource_arn).await?;
        conditions.push(access::request_tags(input.tags.iter().map(|tag| (&tag.key, &tag.value))));
        Ok(conditions)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = tagged(cx, &input.resource_arn)?;
        if input.tags.is_empty() {
            return Err(Error::validation("Atleast one Tag needs to be provided as Input."));
        }
        let new = tags::checked(&input.tags)?;
        let table = tables::load(cx, &name).await?.ok_or(Error::NoSuchArn(input.resource_arn))?;
        let mut row = table.row.clone();
        row.tags.extend(new);
        tags::check_count(row.tags.len())?;
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}

/// What access is decided on: the ARN as it was sent, when it is one.
pub(crate) fn arn_of(cx: &Cx, text: &str) -> Resource {
    match text.parse::<Arn>() {
        Ok(arn) => arn.into(),
        Err(_) => cx.arn("dynamodb", format_args!("table/{text}")).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{error, ok, table, world};

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/things";

    #[tokio::test]
    async fn tags_come_and_go() {
        let world = world().await;
        table(&world, "things", json!({"Tags": [{"Key": "a", "Value": "1"}]})).await;
        let tags =
            json!({"ResourceArn": ARN, "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}]});
        ok(&world, "TagResource", tags).await;
        ok(&world, "UntagResource", json!({"ResourceArn": ARN, "TagKeys": ["b", "none"]})).await;
        let listed = ok(&world, "ListTagsOfResource", json!({"ResourceArn": ARN})).await;
        assert_eq!(listed, json!({"Tags": [{"Key": "a", "Value": "3"}]}));
    }

    #[tokio::test]
    async fn wrong_tags_and_resources_are_refused() {
        let world = world().await;
        let tags = json!([{"Key": "a", "Value": "1"}]);
        let missing = json!({"ResourceArn": ARN, "Tags": tags});
        assert_eq!(
            error(&world, "TagResource", missing).await.1,
            format!("Requested resource not found: ResourcArn: {ARN} not found")
        );
        table(&world, "things", json!({})).await;
        let wrong = json!({"ResourceArn": "things", "Tags": tags});
        assert_eq!(error(&world, "TagResource", wrong).await.0, "ValidationException");
        let one = |key: &str| json!({"Key": key, "Value": ""});
        let many: Vec<_> = (0..51).map(|n| one(&n.to_string())).collect();
        for (tags, text) in [
            (json!([one("aws:a")]), "Tag Key cannot be prefixed with aws:, Key: aws:a"),
            (json!([one("a"), one("a")]), "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"),
            (json!(many), "Number of Tags exceed the current limit for the provided ResourceArn"),
            (json!([]), "Atleast one Tag needs to be provided as Input."),
        ] {
            let refused = error(&world, "TagResource", json!({"ResourceArn": ARN, "Tags": tags})).await;
            assert_eq!(refused, ("ValidationException".to_owned(), text.to_owned()));
        }
        let none = error(&world, "UntagResource", json!({"ResourceArn": ARN, "TagKeys": []})).await.1;
        assert_eq!(none, "Atleast one Tag Key needs to be provided as Input.");
    }
}
