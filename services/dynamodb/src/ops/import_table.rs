//! ImportTable: a new table from objects in S3.
//!
//! Differs from AWS: ION and ZSTD are refused. Records that are no items are counted and not logged. The table of an
//! import that failed is removed. Global indexes are filled with the table.

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use super::create_table::Definition;
use crate::error::Error;
use crate::import::{
    Format, ImportPhase, ImportRow, ImportTableDescription, InputCompressionType, InputFormat,
    InputFormatOptions, S3BucketSource, TableCreationParameters,
};
use crate::limits::{TOKEN_TRANSFERS_MAX, TRANSFER_TOKEN_MILLIS};
use crate::schema;
use crate::settings;
use crate::shapes::BillingMode;
use crate::table::TableRow;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = "^[^\\$]+$")]
    client_token: Option<String>,
    #[shape(name = "S3BucketSource")]
    s3_bucket_source: S3BucketSource,
    input_format: InputFormat,
    input_format_options: Option<InputFormatOptions>,
    input_compression_type: Option<InputCompressionType>,
    table_creation_parameters: TableCreationParameters,
}

#[derive(Shape)]
pub(crate) struct Output {
    import_table_description: ImportTableDescription,
}

impl Input {
    fn format(&self) -> Result<Format, Error> {
        if self.input_compression_type == Some(InputCompressionType::Zstd) {
            return Err(Error::validation("imports of ZSTD are not supported by this cloud; use GZIP"));
        }
        let csv = self.input_format_options.as_ref().and_then(|options| options.csv.as_ref());
        match (self.input_format, csv) {
            (InputFormat::Ion, _) => Err(Error::validation(
                "imports of ION are not supported by this cloud; use DYNAMODB_JSON or CSV",
            )),
            (InputFormat::DynamodbJson, None) => Ok(Format::DynamodbJson),
            (InputFormat::DynamodbJson, Some(_)) => {
                // (`ack-api-quirks`, DDB-TABLE-442)
                let text = "Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON.";
                Err(Error::validation(text))
            }
            (InputFormat::Csv, csv) => {
                let delimiter = csv.and_then(|csv| csv.delimiter.as_ref()?.chars().next());
                let header = csv.and_then(|csv| csv.header_list.clone());
                Ok(Format::Csv { delimiter: delimiter.unwrap_or(','), header })
            }
        }
    }

    /// The row of the new table.
    fn table(&self, cx: &Cx, name: &TableName) -> Result<TableRow, Error> {
        let asked = &self.table_creation_parameters;
        let definition = Definition {
            attributes: &asked.attribute_definitions,
            key: &asked.key_schema,
            local: None,
            global: asked.global_secondary_indexes.as_deref(),
            mode: asked.billing_mode.unwrap_or(BillingMode::Provisioned),
            throughput: asked.provisioned_throughput,
            on_demand: asked.on_demand_throughput,
        };
        let mut row = definition.row(cx, name)?;
        row.encryption = settings::encryption(cx, asked.sse_specification.as_ref())?;
        row.is_creating = true;
        Ok(row)
    }

    fn row(&self, cx: &Cx, target: TableRow) -> Result<ImportRow, Error> {
        let source = &self.s3_bucket_source;
        let random: String = cx.new_id().chars().filter(char::is_ascii_hexdigit).take(8).collect();
        Ok(ImportRow {
            account: target.account.clone(),
            region: target.region.clone(),
            table: target.name.clone(),
            id: format!("{:014}-{random}", cx.now().millis()),
            target,
            token: self.client_token.clone().unwrap_or_else(|| cx.new_id()),
            bucket: source.s3_bucket.clone(),
            bucket_owner: source.s3_bucket_owner.clone(),
            prefix: source.s3_key_prefix.clone(),
            format: self.format()?,
            is_packed: self.input_compression_type == Some(InputCompressionType::Gzip),
            started_at_millis: cx.now().millis(),
            ended_at_millis: None,
            caller: StoredCaller::of(cx.caller()),
            phase: ImportPhase::Running,
            object: None,
            records_done: None,
            objects: 0,
            processed: 0,
            processed_bytes: 0,
            imported: 0,
            errors: 0,
        })
    }
}

/// Whether two imports were asked for in the same words.
fn same(a: &ImportRow, b: &ImportRow) -> bool {
    let asked = |row: &ImportRow| {
        let target = TableRow {
            id: String::new(),
            created_at_millis: 0,
            on_demand_since_millis: None,
            ..row.target.clone()
        };
        let place = (row.bucket.clone(), row.bucket_owner.clone(), row.prefix.clone());
        (target, place, row.format.clone(), row.is_packed)
    };
    asked(a) == asked(b)
}

pub(crate) struct ImportTable;

impl Operation for ImportTable {
    const NAME: &'static str = "ImportTable";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let name = &input.table_creation_parameters.table_name;
        Ok(cx.arn("dynamodb", format_args!("table/{name}")).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        input.format()?;
        schema::check_no_vectors(input.table_creation_parameters.vector_indexes.as_ref())?;
        let name = TableName::read(cx, &input.table_creation_parameters.table_name)?;
        let target = input.table(cx, &name)?;
        let row = input.row(cx, target)?;
        if input.client_token.is_some() {
            let since = cx.now().millis() - TRANSFER_TOKEN_MILLIS;
            let parts = (name.account.as_str(), name.region.as_str(), name.name.as_str());
            let newest = Paging::first(TOKEN_TRANSFERS_MAX).reversed();
            let there = table::list::<ImportRow>(cx.tx(), parts, &newest).await?.items;
            let known = |other: &&ImportRow| other.token == row.token && other.started_at_millis > since;
            match there.iter().find(known) {
                Some(other) if same(other, &row) => {
                    return Ok(Output { import_table_description: other.describe() });
                }
                Some(_) => return Err(Error::ImportConflict),
                None => {}
            }
        }
        if tables::load(cx, &name).await?.is_some() {
            return Err(Error::InUse(format!("Table already exists: {}", name.name)));
        }
        table::put(cx.tx(), &row.target).await?;
        table::put(cx.tx(), &row).await?;
        Ok(Output { import_table_description: row.describe() })
    }
}

#[cfg(test)]
mod tests;
