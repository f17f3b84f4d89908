//! GetParameterHistory.

use cloud::prelude::*;
use store::layer::table::{Cursor, Paging};

use crate::error::Error;
use crate::keys;
use crate::limits::RESULTS;
use crate::parameter::{self, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    name: String,
    /// Nothing here is encrypted; AWS ignores it for these types, too.
    with_decryption: Option<bool>,
    #[shape(range = 1..=50)]
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<ParameterHistory>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct ParameterHistory {
    name: String,
    #[shape(name = "Type")]
    kind: String,
    last_modified_date: Timestamp,
    last_modified_user: String,
    description: Option<String>,
    value: String,
    allowed_pattern: Option<String>,
    version: i64,
    labels: Vec<String>,
    tier: String,
    data_type: String,
}

pub(crate) struct GetParameterHistory;

impl Operation for GetParameterHistory {
    const NAME: &'static str = "GetParameterHistory";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(parameter::arn(cx.region(), cx.account(), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let reference = Reference::parse(&input.name);
        keys::get(cx, &reference.stored).await?.ok_or(Error::ParameterNotFound)?;
        let limit = input.max_results.and_then(|count| usize::try_from(count).ok()).unwrap_or(RESULTS);
        let after = Cursor::of_token(input.next_token.as_deref(), || Error::InvalidNextToken)?;
        let page = keys::versions(cx, &reference.stored, &Paging::after(limit, after)).await?;
        let parameters = page.items.into_iter().map(|row| history(&reference.shown, row.version)).collect();
        Ok(Output { parameters, next_token: page.next.map(|cursor| cursor.to_text()) })
    }
}

fn history(name: &str, version: keys::Version) -> ParameterHistory {
    ParameterHistory {
        name: name.to_owned(),
        kind: version.kind,
        last_modified_date: Timestamp::from_millis(version.modified_at_millis),
        last_modified_user: version.modified_by,
        description: version.description,
        value: version.value,
        allowed_pattern: version.allowed_pattern,
        version: version.number,
        labels: Vec::new(),
        tier: version.tier,
        data_type: version.data_type,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn keeps_the_last_hundred_versions() {
        let world = World::new(&[&crate::SSM]).await;
        for number in 1..=101 {
            let put = json!({"Name": "n", "Value": number.to_string(), "Type": "String", "Overwrite": true});
            world.ok("ssm", "PutParameter", put).await;
        }
        let first = world.ok("ssm", "GetParameterHistory", json!({"Name": "n"})).await;
        assert_eq!(first["Parameters"][0]["Version"], 2);
        assert_eq!(first["Parameters"].as_array().unwrap().len(), 50);
        let next = json!({"Name": "n", "NextToken": first["NextToken"]});
        let second = world.ok("ssm", "GetParameterHistory", next).await;
        assert_eq!(second["Parameters"][49]["Value"], "101");
        assert_eq!(second.get("NextToken"), None);
    }
}
