//! ListLayers.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use super::list_functions::paging;
use crate::error::Error;
use crate::keys::{LayerRow, LayerVersionRow};
use crate::layers;
use crate::limits::PAGE_MAX;
use crate::shapes::{Architecture, LayerVersionItem};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "CompatibleRuntime")]
    compatible_runtime: Option<String>,
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
    layers: Vec<LayersListItem>,
}

#[derive(Shape)]
struct LayersListItem {
    layer_name: String,
    layer_arn: String,
    latest_matching_version: LayerVersionItem,
}

/// Versions of one layer that are looked through for one that fits.
const VERSIONS_MAX: usize = 1000;

/// Lists the layers of the account in the region with their newest version that fits.
pub(crate) struct ListLayers;

impl Operation for ListLayers {
    const NAME: &'static str = "ListLayers";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2018-10-31/layers"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        let place = (cx.account().to_string(), cx.region().to_string());
        let (runtime, architecture) = (
            input.compatible_runtime.as_deref(),
            input.compatible_architecture.as_ref().map(Architecture::as_str),
        );
        let page = table::list::<LayerRow>(cx.tx(), (&place.0, &place.1), &paging).await?;
        let mut found = Vec::new();
        for layer in page.items {
            let newest_first = Paging::first(VERSIONS_MAX).reversed();
            let key = (&layer.account, &layer.region, &layer.name);
            let versions = table::list::<LayerVersionRow>(cx.tx(), key, &newest_first).await?;
            if let Some(row) = versions.items.iter().find(|row| layers::matches(row, runtime, architecture)) {
                found.push(LayersListItem {
                    layer_arn: layers::arn(row),
                    latest_matching_version: layers::item(row),
                    layer_name: layer.name,
                });
            }
        }
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), layers: found })
    }
}
