//! ListImports.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{ExportRow, ImportRow};
use crate::limits::PAGE;
use crate::ops::describe_stacks::cursor;

#[derive(Shape)]
pub(crate) struct Input {
    export_name: String,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    imports: Vec<String>,
    next_token: Option<String>,
}

pub(crate) struct ListImports;

impl Operation for ListImports {
    const NAME: &'static str = "ListImports";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let key = (cx.account(), cx.region(), &input.export_name);
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list::<ImportRow>(&tx, key, &paging).await?;
        if page.items.is_empty() && paging.after.is_none() {
            let known = table::exists::<ExportRow>(&tx, key).await?;
            let name = &input.export_name;
            return Err(Error::invalid(match known {
                true => format!("Export '{name}' is not imported by any stack."),
                false => format!("Export '{name}' does not exist."),
            }));
        }
        Ok(Output {
            imports: page.items.into_iter().map(|row| row.stack_name).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
