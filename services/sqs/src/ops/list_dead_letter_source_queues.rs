//! ListDeadLetterSourceQueues.

use cloud::prelude::*;
use store::layer::table;

use super::list_queues::paging;
use crate::error::Error;
use crate::keys::QueueRow;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    next_token: Option<String>,
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "queueUrls", flat, xml = "QueueUrl")]
    queue_urls: Vec<String>,
    next_token: Option<String>,
}

pub(crate) struct ListDeadLetterSourceQueues;

impl Operation for ListDeadLetterSourceQueues {
    const NAME: &'static str = "ListDeadLetterSourceQueues";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        queue::terms(cx, &input.queue_url).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let target = queue::open(cx, &input.queue_url).await?.arn();
        let mut paging = paging(input.max_results, input.next_token.as_deref())?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let mut queue_urls = Vec::new();
        // A page of sources may need several pages of queues; each asks for what is still wanted.
        loop {
            let page = table::list::<QueueRow>(cx.tx(), (&account, &region), &paging).await?;
            let endpoint = cx.cloud().endpoint();
            let sources =
                page.items.iter().filter(|row| row.redrive().is_some_and(|r| r.target.as_str() == target));
            let found: Vec<String> =
                sources.map(|row| queue::url(endpoint, &row.account, &row.name)).collect();
            paging.limit -= found.len();
            queue_urls.extend(found);
            paging.after = page.next;
            if paging.limit == 0 || paging.after.is_none() {
                break;
            }
        }
        let next_token = paging.after.filter(|_| input.max_results.is_some()).map(|cursor| cursor.to_text());
        Ok(Output { queue_urls, next_token })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn names_the_sources() {
        let world = world().await;
        let dead = queue(&world, "dead", json!({})).await;
        let policy =
            json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1});
        let source = queue(&world, "source", json!({"RedrivePolicy": policy.to_string()})).await;
        queue(&world, "other", json!({})).await;
        let answer = world.ok("sqs", "ListDeadLetterSourceQueues", json!({"QueueUrl": dead})).await;
        assert_eq!(answer, json!({"queueUrls": [source]}));
        let none =
            world.ok("sqs", "ListDeadLetterSourceQueues", json!({"QueueUrl": source, "MaxResults": 1})).await;
        assert_eq!(none, json!({"queueUrls": []}));
    }
}
