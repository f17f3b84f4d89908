//! What can be tagged: APIs and stages, keys and usage plans.

use cloud::cx::Cx;
use store::layer::table;

use crate::api::{open as open_api, part};
use crate::error::Error;
use crate::keys::{ApiKeyRow, ApiRow, StageRow, Texts, UsagePlanRow};
use crate::usage;

/// A thing with tags.
pub(crate) enum Tagged {
    Api(ApiRow),
    Stage(StageRow),
    Key(ApiKeyRow),
    Plan(UsagePlanRow),
}

/// Finds the thing that an ARN names: `arn:aws:apigateway:<region>::/restapis/<id>[/stages/<name>]`,
/// `…::/apikeys/<id>` or `…::/usageplans/<id>`.
pub(crate) async fn open(cx: &mut Cx, arn: &str) -> Result<Tagged, Error> {
    let invalid = || Error::bad(format!("Invalid ARN specified in the request: {arn}"));
    let (_, path) = arn.split_once("::/").ok_or_else(invalid)?;
    let parts: Vec<_> = path.split('/').collect();
    match parts[..] {
        ["apikeys", key] => Ok(Tagged::Key(usage::key(cx, key).await?)),
        ["usageplans", plan] => Ok(Tagged::Plan(usage::plan(cx, plan).await?)),
        ["restapis", api] => Ok(Tagged::Api(open_api(cx, api).await?)),
        ["restapis", api, "stages", stage] => {
            Ok(Tagged::Stage(part(cx, api, stage).await?.ok_or_else(Error::no_stage)?))
        }
        _ => Err(invalid()),
    }
}

impl Tagged {
    /// The tags.
    pub(crate) fn tags(&mut self) -> &mut Texts {
        match self {
            Tagged::Api(row) => row.tags.get_or_insert_default(),
            Tagged::Stage(row) => row.tags.get_or_insert_default(),
            Tagged::Key(row) => row.tags.get_or_insert_default(),
            Tagged::Plan(row) => row.tags.get_or_insert_default(),
        }
    }

    /// Writes the tags back.
    pub(crate) async fn save(&self, cx: &mut Cx) -> Result<(), Error> {
        match self {
            Tagged::Api(row) => table::put(cx.tx(), row).await?,
            Tagged::Stage(row) => table::put(cx.tx(), row).await?,
            Tagged::Key(row) => table::put(cx.tx(), row).await?,
            Tagged::Plan(row) => table::put(cx.tx(), row).await?,
        }
        Ok(())
    }
}
