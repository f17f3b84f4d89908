//! SetSMSAttributes.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::SmsRow;

/// API reference of SetSMSAttributes.
const NAMES: [&str; 6] = [
    "MonthlySpendLimit",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "DefaultSenderID",
    "DefaultSMSType",
    "UsageReportS3Bucket",
];

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default, name = "attributes")]
    attributes: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Keeps the settings of text messages.
///
/// Differs from AWS: they are shown again and change nothing else, as no text message leaves this cloud.
pub(crate) struct SetSMSAttributes;

impl Operation for SetSMSAttributes {
    const NAME: &'static str = "SetSMSAttributes";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(name) = input.attributes.keys().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(Error::invalid(format!("{name} is not a valid attribute")));
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let there: Option<SmsRow> = table::get(cx.tx(), (&account, &region)).await?;
        let mut row = there.unwrap_or(SmsRow { account, region, attributes: BTreeMap::new() });
        row.attributes.extend(input.attributes);
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
