//! ListLayerVersions.

use cloud::prelude::*;
use store::layer::table;

use super::list_functions::paging;
use crate::error::Error;
use crate::keys::LayerVersionRow;
use crate::limits::PAGE_MAX;
use crate::shapes::{Architecture, LayerVersionItem};
use crate::{layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "CompatibleRuntime")]
    compatible_runtime: Option<String>,
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=50)]
    max_items: Option<i32>,
    #[shape(querystring = "CompatibleArchitecture")]
    compatible_architecture: Option<Architecture>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_marker: Option<String>,
    layer_versions: Vec<LayerVersionItem>,
}

/// Lists the versions of a layer, the newest first.
pub(crate) struct ListLayerVersions;

impl Operation for ListLayerVersions {
    const NAME: &'static str = "ListLayerVersions";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2018-10-31/layers/{LayerName}/versions"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        Ok(Arn::new("lambda", &region, &account, format_args!("layer:{name}")).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?.reversed();
        let page = table::list::<LayerVersionRow>(cx.tx(), (&account, &region, &name), &paging).await?;
        let (runtime, architecture) = (
            input.compatible_runtime.as_deref(),
            input.compatible_architecture.as_ref().map(Architecture::as_str),
        );
        let fits = |row: &&LayerVersionRow| layers::matches(row, runtime, architecture);
        let layer_versions = page.items.iter().filter(fits).map(layers::item).collect();
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), layer_versions })
    }
}
