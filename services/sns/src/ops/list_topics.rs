//! ListTopics.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::TopicRow;
use crate::paging;

#[derive(Shape)]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    topics: Vec<Topic>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Topic {
    topic_arn: String,
}

/// Lists the topics of the account in the region.
pub(crate) struct ListTopics;

impl Operation for ListTopics {
    const NAME: &'static str = "ListTopics";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let paging = paging::read(input.next_token.as_deref())?;
        let page = table::list::<TopicRow>(cx.tx(), (&account, &region), &paging).await?;
        let topics = page.items.iter().map(|row| Topic { topic_arn: row.arn() }).collect();
        Ok(Output { topics, next_token: page.next.map(|next| next.to_text()) })
    }
}
