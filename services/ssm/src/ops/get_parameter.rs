//! GetParameter.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys;
use crate::parameter::{self, Parameter, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    name: String,
    /// Nothing here is encrypted; AWS ignores it for these types, too.
    with_decryption: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameter: Parameter,
}

pub(crate) struct GetParameter;

impl Operation for GetParameter {
    const NAME: &'static str = "GetParameter";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(parameter::arn(cx.region(), cx.account(), &Reference::parse(&input.name).shown).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let reference = Reference::parse(&input.name);
        Ok(Output { parameter: find(cx, &reference).await? })
    }
}

/// The parameter and version that `reference` asks for.
pub(super) async fn find(cx: &mut Cx, reference: &Reference) -> Result<Parameter, Error> {
    let row = keys::get(cx, &reference.stored).await?.ok_or(Error::ParameterNotFound)?;
    let Some(selector) = &reference.selector else {
        return Ok(Parameter::of(&row, &row.current, reference));
    };
    let missing = || Error::ParameterVersionNotFound(reference.shown.clone(), selector.clone());
    let number: i64 = selector.parse().map_err(|_| missing())?;
    let version = keys::version(cx, &reference.stored, number).await?.ok_or_else(missing)?;
    Ok(Parameter::of(&row, &version.version, reference))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{START, World};

    /// The shape is the one recorded from SSM (replay, test_put_parameters).
    #[tokio::test]
    async fn answers_the_parameter() {
        let world = World::new(&[&crate::SSM]).await;
        world.ok("ssm", "PutParameter", json!({"Name": "p", "Value": "123", "Type": "String"})).await;
        let answer = world.ok("ssm", "GetParameter", json!({"Name": "/p"})).await;
        assert_eq!(
            answer,
            json!({"Parameter": {
                "Name": "/p", "Type": "String", "Value": "123", "Version": 1, "LastModifiedDate": START.secs(),
                "ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/p", "DataType": "text",
            }})
        );
    }

    #[tokio::test]
    async fn earlier_versions_by_selector() {
        let world = World::new(&[&crate::SSM]).await;
        for value in ["1", "2"] {
            let put = json!({"Name": "/a/b", "Value": value, "Type": "String", "Overwrite": true});
            world.ok("ssm", "PutParameter", put).await;
        }
        let answer = world.ok("ssm", "GetParameter", json!({"Name": "/a/b:1"})).await;
        assert_eq!(answer["Parameter"]["Value"], "1");
        assert_eq!(answer["Parameter"]["Selector"], ":1");
        let (code, message) = world.error("ssm", "GetParameter", json!({"Name": "/a/b:9"})).await;
        assert_eq!(code, "ParameterVersionNotFound");
        assert_eq!(
            message,
            "Systems Manager could not find version 9 of /a/b. Verify the version and try again."
        );
    }
}
