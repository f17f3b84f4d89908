//! DeleteParameters.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys;
use crate::parameter::{self, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=10, each(len = 1..=2048))]
    names: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    deleted_parameters: Vec<String>,
    invalid_parameters: Vec<String>,
}

pub(crate) struct DeleteParameters;

impl Operation for DeleteParameters {
    const NAME: &'static str = "DeleteParameters";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let names = input.names.iter();
        Ok(Resource::All(names.map(|name| parameter::arn(cx.region(), cx.account(), name)).collect()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut output = Output { deleted_parameters: Vec::new(), invalid_parameters: Vec::new() };
        for name in input.names {
            match keys::get(cx, &Reference::parse(&name).stored).await? {
                Some(row) => {
                    keys::remove(cx.tx(), &row).await?;
                    output.deleted_parameters.push(name);
                }
                None => output.invalid_parameters.push(name),
            }
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn says_which_were_there() {
        let world = World::new(&[&crate::SSM]).await;
        world.ok("ssm", "PutParameter", json!({"Name": "/a", "Value": "1", "Type": "String"})).await;
        let answer = world.ok("ssm", "DeleteParameters", json!({"Names": ["a", "b"]})).await;
        assert_eq!(answer, json!({"DeletedParameters": ["a"], "InvalidParameters": ["b"]}));
        assert_eq!(world.error("ssm", "DeleteParameter", json!({"Name": "a"})).await.0, "ParameterNotFound");
        assert_eq!(
            world.error("ssm", "GetParameterHistory", json!({"Name": "a"})).await.0,
            "ParameterNotFound"
        );
    }
}
