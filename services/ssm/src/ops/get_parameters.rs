//! GetParameters.

use cloud::prelude::*;

use super::get_parameter::find;
use crate::error::Error;
use crate::parameter::{self, Parameter, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=10, each(len = 1..=2048))]
    names: Vec<String>,
    /// Nothing here is encrypted; AWS ignores it for these types, too.
    with_decryption: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<Parameter>,
    invalid_parameters: Vec<String>,
}

pub(crate) struct GetParameters;

impl Operation for GetParameters {
    const NAME: &'static str = "GetParameters";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let shown = input.names.iter().map(|name| Reference::parse(name).shown);
        Ok(Resource::All(shown.map(|name| parameter::arn(cx.region(), cx.account(), &name)).collect()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut output = Output { parameters: Vec::new(), invalid_parameters: Vec::new() };
        for name in input.names {
            match find(cx, &Reference::parse(&name)).await {
                Ok(parameter) => output.parameters.push(parameter),
                Err(Error::ParameterNotFound | Error::ParameterVersionNotFound(..)) => {
                    output.invalid_parameters.push(name);
                }
                Err(error) => return Err(error),
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
    async fn missing_ones_are_named() {
        let world = World::new(&[&crate::SSM]).await;
        world.ok("ssm", "PutParameter", json!({"Name": "a", "Value": "x,y", "Type": "StringList"})).await;
        let answer = world.ok("ssm", "GetParameters", json!({"Names": ["a", "b"]})).await;
        assert_eq!(answer["Parameters"][0]["Value"], "x,y");
        assert_eq!(answer["InvalidParameters"], json!(["b"]));
    }

    #[tokio::test]
    async fn at_most_ten() {
        let world = World::new(&[&crate::SSM]).await;
        let names: Vec<String> = (0..11).map(|number| format!("p{number}")).collect();
        let (code, message) = world.error("ssm", "GetParameters", json!({"Names": names})).await;
        assert_eq!(code, "ValidationException");
        assert!(message.ends_with("Member must have length less than or equal to 10"), "{message}");
    }
}
