//! ListPipes.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use super::RequestedState;
use crate::error::Error;
use crate::keys::PipeRow;
use crate::limits::PAGE;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "NamePrefix", len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name_prefix: Option<String>,
    #[shape(querystring = "DesiredState")]
    desired_state: Option<RequestedState>,
    #[shape(querystring = "CurrentState")]
    current_state: Option<String>,
    #[shape(querystring = "SourcePrefix", len = 1..=1600)]
    source_prefix: Option<String>,
    #[shape(querystring = "TargetPrefix", len = 1..=1600)]
    target_prefix: Option<String>,
    #[shape(querystring = "NextToken", len = 1..=2048)]
    next_token: Option<String>,
    #[shape(querystring = "Limit", range = 1..=100)]
    limit: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    pipes: Vec<Summary>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Summary {
    name: String,
    arn: String,
    desired_state: String,
    current_state: String,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
    source: String,
    target: String,
    enrichment: Option<String>,
}

/// Lists pipes. A page may hold fewer than asked for, as in AWS.
pub(crate) struct ListPipes;

impl Operation for ListPipes {
    const NAME: &'static str = "ListPipes";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v1/pipes"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let wrong = || Error::invalid("The specified NextToken is invalid.");
        let after = Cursor::of_token(input.next_token.as_deref(), wrong)?;
        let limit = usize::try_from(input.limit.unwrap_or(PAGE)).unwrap_or(1);
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let paging = Paging::after(limit, after);
        let page = table::list_starting::<PipeRow>(cx.tx(), (&account, &region), prefix, &paging).await?;
        let next_token = page.next.map(|next| next.to_text());
        let begins = |text: &str, prefix: &Option<String>| {
            prefix.as_ref().is_none_or(|prefix| text.starts_with(prefix.as_str()))
        };
        let wanted = |row: &PipeRow| {
            input.desired_state.is_none_or(|state| (state == RequestedState::Running) == row.runs)
                && input.current_state.as_ref().is_none_or(|state| *state == row.state)
                && begins(&row.source, &input.source_prefix)
                && begins(&row.target, &input.target_prefix)
        };
        let pipes = page.items.into_iter().filter(wanted).map(|row| Summary {
            arn: row.arn(),
            desired_state: row.desired().to_owned(),
            name: row.name,
            current_state: row.state,
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            source: row.source,
            target: row.target,
            enrichment: row.enrichment,
        });
        Ok(Output { pipes: pipes.collect(), next_token })
    }
}
