//! The resource policy of an API.

use serde_json::Value;

use crate::error::Error;

/// Reads a policy: an empty text is none. Resources may be written short, as `execute-api:/stage/GET/pets`; they are
/// completed to ARNs of the API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html>
pub(crate) fn read(
    policy: Option<&str>,
    region: &str,
    account: &str,
    api_id: &str,
) -> Result<Option<String>, Error> {
    let Some(text) = policy.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let invalid = || {
        Error::bad(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        )
    };
    let mut document: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let statements = document.get_mut("Statement").ok_or_else(invalid)?;
    match statements {
        Value::Array(list) => list.iter_mut().for_each(|one| complete(one, region, account, api_id)),
        one => complete(one, region, account, api_id),
    }
    Ok(Some(document.to_string()))
}

fn complete(statement: &mut Value, region: &str, account: &str, api_id: &str) {
    for member in ["Resource", "NotResource"] {
        let resources: Vec<&mut Value> = match statement.get_mut(member) {
            Some(Value::Array(list)) => list.iter_mut().collect(),
            Some(one) => vec![one],
            None => continue,
        };
        for resource in resources {
            let short = resource.as_str().and_then(|text| text.strip_prefix("execute-api:/"));
            if let Some(rest) = short {
                *resource = Value::String(format!("arn:aws:execute-api:{region}:{account}:{api_id}/{rest}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_resources_become_arns() {
        let policy = r#"{"Statement":[{"Effect":"Allow","Resource":["execute-api:/*","arn:aws:s3:::b"]},
            {"Effect":"Deny","NotResource":"execute-api:/dev/GET/x"}]}"#;
        let read = read(Some(policy), "us-east-1", "000000000000", "abc").ok().flatten().expect("a policy");
        assert!(
            read.contains("\"arn:aws:execute-api:us-east-1:000000000000:abc/*\",\"arn:aws:s3:::b\""),
            "{read}"
        );
        assert!(
            read.contains("\"NotResource\":\"arn:aws:execute-api:us-east-1:000000000000:abc/dev/GET/x\""),
            "{read}"
        );
    }

    #[test]
    fn empty_and_broken_policies() {
        assert!(matches!(read(Some(""), "r", "0", "a"), Ok(None)));
        assert!(matches!(read(None, "r", "0", "a"), Ok(None)));
        assert!(matches!(read(Some("{"), "r", "0", "a"), Err(Error::BadRequest(_))));
        assert!(matches!(read(Some("{}"), "r", "0", "a"), Err(Error::BadRequest(_))));
    }
}
