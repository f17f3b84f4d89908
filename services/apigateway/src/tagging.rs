//! What can be tagged: APIs and stages.

use cloud::cx::Cx;
use store::layer::table;

use crate::api::{open as open_api, part};
use crate::error::Error;
use crate::keys::{ApiRow, StageRow, Texts};

/// A thing with tags.
pub(crate) enum Tagged {
    Api(ApiRow),
    Stage(StageRow),
}

/// Finds the thing that an ARN names: `arn:aws:apigateway:<region>::/restapis/<id>[/stages/<name>]`.
pub(crate) async fn open(cx: &mut Cx, arn: &str) -> Result<Tagged, Error> {
    let invalid = || Error::bad(format!("Invalid ARN specified in the request: {arn}"));
    let (_, path) = arn.split_once("::/restapis/").ok_or_else(invalid)?;
    let parts: Vec<_> = path.split('/').collect();
    match parts[..] {
        [api] => Ok(Tagged::Api(open_api(cx, api).await?)),
        [api, "stages", stage] => Ok(Tagged::Stage(part(cx, api, stage).await?.ok_or_else(Error::no_stage)?)),
        _ => Err(invalid()),
    }
}

impl Tagged {
    /// The tags.
    pub(crate) fn tags(&mut self) -> &mut Texts {
        match self {
            Tagged::Api(row) => row.tags.get_or_insert_default(),
            Tagged::Stage(row) => row.tags.get_or_insert_default(),
        }
    }

    /// Writes the tags back.
    pub(crate) async fn save(&self, cx: &mut Cx) -> Result<(), Error> {
        match self {
            Tagged::Api(row) => table::put(cx.tx(), row).await?,
            Tagged::Stage(row) => table::put(cx.tx(), row).await?,
        }
        Ok(())
    }
}
