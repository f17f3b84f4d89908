//! GetQueueUrl.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    queue_name: String,
    #[shape(name = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct GetQueueUrl;

impl Operation for GetQueueUrl {
    const NAME: &'static str = "GetQueueUrl";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("sqs", &input.queue_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let account = input.owner.unwrap_or_else(|| cx.account().to_owned());
        let key = (account.as_str(), cx.region().to_owned(), input.queue_name.as_str());
        let row: QueueRow = table::get(cx.tx(), key).await?.ok_or(Error::NoSuchQueue)?;
        Ok(Output { queue_url: queue::url(cx.cloud().endpoint(), &row.account, &row.name) })
    }
}
