//! The account behind an endpoint, as variables ask it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;

use super::{Api, Error};
use crate::variables::remote::{Parameter, Remote};

impl Api {
    /// The account that the credentials belong to.
    pub async fn account_id(&self) -> Result<String, Error> {
        let answer = self.query("sts", "2011-06-15", "GetCallerIdentity", &[]).await?;
        Ok(answer.find("Account").map(|account| account.text.clone()).unwrap_or_default())
    }

    fn of_region(&self, region: Option<&str>) -> Self {
        region.map_or_else(|| self.clone(), |region| self.in_region(region))
    }
}

/// What the user reads of an error: the text, with the code where it says more.
fn words(error: Error) -> String {
    match error.status {
        0 => error.message,
        _ => format!("{}: {}", error.code, error.message),
    }
}

#[async_trait]
impl Remote for Api {
    async fn parameter(
        &self,
        region: Option<&str>,
        name: &str,
        decrypt: bool,
    ) -> Result<Option<Parameter>, String> {
        let input = json!({"Name": name, "WithDecryption": decrypt});
        match self.of_region(region).json("ssm", "AmazonSSM.GetParameter", &input).await {
            Ok(answer) => {
                let text = |name: &str| answer["Parameter"][name].as_str().unwrap_or_default().to_owned();
                Ok(Some(Parameter { kind: text("Type"), value: text("Value") }))
            }
            Err(error) if error.code == "ParameterNotFound" => Ok(None),
            Err(error) => Err(words(error)),
        }
    }

    async fn outputs(
        &self,
        region: Option<&str>,
        stack: &str,
    ) -> Result<Option<BTreeMap<String, String>>, String> {
        let stack = self.of_region(region).describe_stack(stack).await.map_err(words)?;
        Ok(stack.map(|stack| stack.output_map()))
    }

    async fn object(&self, bucket: &str, key: &str) -> Result<Option<String>, String> {
        let body = self.get_object(bucket, key).await.map_err(words)?;
        Ok(body.map(|body| String::from_utf8_lossy(&body).into_owned()))
    }

    async fn account(&self) -> Result<String, String> {
        self.account_id().await.map_err(words)
    }
}
