//! GetSMSAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::SmsRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "attributes")]
    attributes: Option<Vec<String>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "attributes")]
    attributes: BTreeMap<String, String>,
}

/// Shows the settings of text messages.
pub(crate) struct GetSMSAttributes;

impl Operation for GetSMSAttributes {
    const NAME: &'static str = "GetSMSAttributes";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let row: Option<SmsRow> = table::get(cx.tx(), (&account, &region)).await?;
        let mut attributes = row.map(|row| row.attributes).unwrap_or_default();
        if let Some(wanted) = input.attributes.filter(|wanted| !wanted.is_empty()) {
            attributes.retain(|name, _| wanted.contains(name));
        }
        Ok(Output { attributes })
    }
}
