//! ListQueues.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::LIST_MAX;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    queue_name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "QueueUrl")]
    queue_urls: Option<Vec<String>>,
    next_token: Option<String>,
}

pub(crate) struct ListQueues;

impl Operation for ListQueues {
    const NAME: &'static str = "ListQueues";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("sqs", "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let paging = paging(input.max_results, input.next_token.as_deref())?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let prefix = input.queue_name_prefix.unwrap_or_default();
        let page = table::list_starting::<QueueRow>(cx.tx(), (&account, &region), &prefix, &paging).await?;
        let endpoint = cx.cloud().endpoint();
        let urls: Vec<String> =
            page.items.iter().map(|row| queue::url(endpoint, &row.account, &row.name)).collect();
        // Without MaxResults there is one page and no token (API reference).
        let next_token = page.next.filter(|_| input.max_results.is_some()).map(|cursor| cursor.to_text());
        Ok(Output { queue_urls: Some(urls).filter(|urls| !urls.is_empty()), next_token })
    }
}

/// Reads the parameters of a page.
pub(super) fn paging(max_results: Option<i32>, token: Option<&str>) -> Result<Paging, Error> {
    let limit = max_results.map_or(LIST_MAX, i64::from);
    if !(1..=LIST_MAX).contains(&limit) {
        let reason = "MaxResults must be an integer between 1 and 1000.";
        return Err(Error::value(limit, "MaxResults", reason));
    }
    let after = match token {
        None => None,
        Some(_) if max_results.is_none() => {
            return Err(Error::Invalid("MaxResults is required when NextToken is given.".to_owned()));
        }
        Some(text) => {
            let wrong = || Error::value(text, "NextToken", "The token is not valid.");
            Some(Cursor::from_text(text).ok_or_else(wrong)?)
        }
    };
    Ok(Paging::after(usize::try_from(limit).unwrap_or(usize::MAX), after))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{queue, world};

    fn names(answer: &Value) -> Vec<&str> {
        let urls = answer["QueueUrls"].as_array().map(Vec::as_slice).unwrap_or_default();
        urls.iter().map(|url| url.as_str().unwrap().rsplit('/').next().unwrap()).collect()
    }

    #[tokio::test]
    async fn by_prefix_and_in_pages() {
        let world = world().await;
        assert_eq!(world.ok("sqs", "ListQueues", json!({})).await, json!({}));
        for name in ["a1", "a2", "a3", "b"] {
            queue(&world, name, json!({})).await;
        }
        assert_eq!(names(&world.ok("sqs", "ListQueues", json!({})).await), ["a1", "a2", "a3", "b"]);
        let first = world.ok("sqs", "ListQueues", json!({"QueueNamePrefix": "a", "MaxResults": 2})).await;
        assert_eq!(names(&first), ["a1", "a2"]);
        let input = json!({"QueueNamePrefix": "a", "MaxResults": 2, "NextToken": first["NextToken"]});
        let second = world.ok("sqs", "ListQueues", input).await;
        assert_eq!((names(&second), &second["NextToken"]), (vec!["a3"], &Value::Null));
    }

    #[tokio::test]
    async fn wrong_pages() {
        let world = world().await;
        for input in [
            json!({"MaxResults": 0}),
            json!({"MaxResults": 1001}),
            json!({"MaxResults": 1, "NextToken": "x"}),
            json!({"NextToken": "00"}),
        ] {
            assert_eq!(world.error("sqs", "ListQueues", input).await.0, "InvalidParameterValueException");
        }
    }
}
