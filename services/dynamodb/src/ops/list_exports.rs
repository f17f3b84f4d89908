//! ListExports.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use super::tag_resource::tagged;
use crate::error::Error;
use crate::export::{ExportRow, ExportType};
use crate::limits::TRANSFERS_PAGE;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_arn: Option<String>,
    #[shape(range = 1..=25)]
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// An export in a list.
#[derive(Shape)]
pub(crate) struct ExportSummary {
    export_arn: String,
    export_status: String,
    export_type: ExportType,
}

#[derive(Shape)]
pub(crate) struct Output {
    export_summaries: Vec<ExportSummary>,
    next_token: Option<String>,
}

pub(crate) struct ListExports;

impl Operation for ListExports {
    const NAME: &'static str = "ListExports";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.max_results.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(TRANSFERS_PAGE);
        let after = match &input.next_token {
            Some(token) => {
                Some(Cursor::from_text(token).ok_or_else(|| Error::validation("Invalid NextToken"))?)
            }
            None => None,
        };
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let paging = Paging::after(limit, after);
        let listing = match &input.table_arn {
            Some(arn) => {
                let name = tagged(cx, arn)?;
                table::list::<ExportRow>(cx.tx(), (&name.account, &name.region, &name.name), &paging).await?
            }
            None => table::list::<ExportRow>(cx.tx(), (&account, &region), &paging).await?,
        };
        let summaries = listing.items.iter().map(|row| ExportSummary {
            export_arn: row.arn(),
            export_status: row.status().to_owned(),
            export_type: ExportType::FullExport,
        });
        Ok(Output {
            export_summaries: summaries.collect(),
            next_token: listing.next.as_ref().map(Cursor::to_text),
        })
    }
}
