//! DeletePipe.

use cloud::feed;
use cloud::prelude::*;
use store::layer::table;

use super::Changed;
use crate::error::Error;
use crate::keys::PipeRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
}

/// Deletes a pipe. A batch that is under way comes to its end.
pub(crate) struct DeletePipe;

impl Operation for DeletePipe {
    const NAME: &'static str = "DeletePipe";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v1/pipes/{Name}", 200));
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        let mut row = super::open(cx, &input.name).await?;
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        table::delete::<PipeRow>(cx.tx(), key).await?;
        feed::forget(cx.tx(), &row.feed_id()).await?;
        row.state = "DELETING".to_owned();
        row.modified_at_millis = cx.now().millis();
        Ok(Changed { desired_state: "DELETED".to_owned(), ..Changed::from(&row) })
    }
}
