//! ListExports.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::ExportRow;
use crate::limits::PAGE;
use crate::ops::describe_stacks::cursor;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    exports: Vec<Export>,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Export {
    exporting_stack_id: String,
    name: String,
    value: String,
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
        let tx = cx.snapshot().await?;
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list::<ExportRow>(&tx, (cx.account(), cx.region()), &paging).await?;
        let export = |row: ExportRow| Export {
            exporting_stack_id: stacks::id(&row.region, &row.account, &row.stack_name, &row.stack),
            name: row.name,
            value: row.value,
        };
        Ok(Output {
            exports: page.items.into_iter().map(export).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
