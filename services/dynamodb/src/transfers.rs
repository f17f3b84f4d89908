//! The background work of exports and imports: what is between a table and S3.
//!
//! It goes in steps, each of which writes how far it came in one transaction. A step that a crash has cut off is done
//! again: a data file is written again under the same name, records of an import put the same items.

use std::io::Write as _;

use bytes::Bytes;
use cloud::client::s3;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::lease::Lease;
use cloud::operation::BoxFuture;
use cloud::{ApiError as _, Failure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use store::keyspace;
use store::layer::table::{self, Paging};
use wire::digest::{self, Algorithm};

use crate::error::Error;
use crate::export::{DataFile, ExportPhase, ExportRow};
use crate::import::{self, ImportRow};
use crate::keys::{self, Rows};
use crate::limits::{EXPORT_FILE_BYTES, TRANSFERS_LOOKED_AT};
use crate::work::{self, Task, WorkRow};

/// The service in whose hands the calls of those who asked are.
pub(crate) const PRINCIPAL: &str = "dynamodb.amazonaws.com";
/// Between two looks for work, while something is open.
const EVERY_MILLIS: i64 = 250;

/// Why an export or an import failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failed {
    /// A refusal of S3. None for what may go better later.
    pub(crate) fn of_s3(failure: &Failure) -> Option<Self> {
        let refused = (400..500).contains(&failure.status()) && !failure.is_conflict();
        refused.then(|| Self {
            code: format!("S3{}", failure.code().trim_end_matches("Exception")),
            message: failure.message().to_owned(),
        })
    }

    /// The caller was narrowed by a session policy, which is not kept.
    pub(crate) fn of_narrowed() -> Self {
        Self {
            code: "AccessDenied".to_owned(),
            message: "a session that a policy narrows cannot be used in the background".to_owned(),
        }
    }
}

/// Goes on with exports and imports.
pub(crate) const TRANSFERS: Job = Job {
    name: "dynamodb/transfers",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[keyspace::DYNAMODB_EXPORT, keyspace::DYNAMODB_IMPORT],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { transfer(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

async fn transfer(cx: &mut Cx) -> Result<Progress, Error> {
    // One node at a time; another takes over when it dies.
    let Some(_lease) = Lease::take(cx.cloud(), "dynamodb/transfers").await? else {
        return Ok(Progress::At(cx.now().millis()));
    };
    let view = cx.snapshot().await?;
    let page = Paging::first(TRANSFERS_LOOKED_AT);
    let exports = table::list_by::<ExportRow>(&view, 1, (), &page).await?.items;
    let imports = table::list_by::<ImportRow>(&view, 1, (), &page).await?.items;
    drop(view);
    if exports.is_empty() && imports.is_empty() {
        return Ok(Progress::Done);
    }
    // A copy is made by the other job: it is looked at the next time.
    let mut progress = Progress::At(cx.now().millis());
    for export in exports {
        if export.phase != ExportPhase::Copying {
            cx.for_account(&export.account, &export.region);
            step(cx, export).await?;
            progress = Progress::More;
        }
    }
    for import in imports {
        cx.for_account(&import.account, &import.region);
        import::step(cx, import).await?;
        progress = Progress::More;
    }
    Ok(progress)
}

/// The next step of an export.
async fn step(cx: &mut Cx, row: ExportRow) -> Result<(), Error> {
    match forward(cx, &row).await {
        Ok(next) => save(cx, row, next).await,
        Err(failure) => match Failed::of_s3(&failure) {
            Some(failed) => {
                let next = ExportRow { phase: ExportPhase::Failed(failed), ..row.clone() };
                save(cx, row, next).await
            }
            None => Err(failure.into()),
        },
    }
}

/// Writes what comes next; answers the row as it is then.
async fn forward(cx: &mut Cx, row: &ExportRow) -> Result<ExportRow, Failure> {
    let mut next = row.clone();
    if row.caller.restore(PRINCIPAL).is_none() {
        next.phase = ExportPhase::Failed(Failed::of_narrowed());
        return Ok(next);
    }
    match &row.phase {
        ExportPhase::Writing { after } => {
            if after.is_none() {
                // It shows that the bucket can be written, before anything large is made.
                put(cx, row, "_started", Bytes::new()).await?;
            }
            let (file, bytes, rest) = write_file(cx, row, after.clone()).await?;
            next.files.push(file);
            next.bytes += bytes;
            next.phase = match rest {
                Some(after) => ExportPhase::Writing { after: Some(after) },
                None => ExportPhase::Closing,
            };
        }
        ExportPhase::Closing => {
            let now = cx.now();
            for (name, text) in
                [("manifest-files", row.manifest_files()), ("manifest-summary", row.manifest_summary(now))]
            {
                // What is really written; the developer guide calls these files `.checksum`.
                let md5 = digest::of(Algorithm::Md5, text.as_bytes()).base64();
                put(cx, row, &format!("{name}.md5"), md5.into()).await?;
                put(cx, row, &format!("{name}.json"), text.into()).await?;
            }
            next.ended_at_millis = Some(now.millis());
            next.phase = ExportPhase::Completed;
        }
        ExportPhase::Copying | ExportPhase::Completed | ExportPhase::Failed(_) => {}
    }
    Ok(next)
}

async fn put(cx: &mut Cx, row: &ExportRow, name: &str, body: Bytes) -> Result<String, Failure> {
    let caller = row.caller.restore(PRINCIPAL).ok_or_else(|| Failure::internal("a caller that was there"))?;
    let key = row.object_key(name);
    s3::put_object(cx, caller, &row.bucket, &key, row.bucket_owner.as_deref(), body).await
}

/// Writes the next data file; answers it, the bytes of its items, and where the rest begins.
async fn write_file(
    cx: &mut Cx,
    row: &ExportRow,
    after: Option<String>,
) -> Result<(DataFile, i64, Option<String>), Failure> {
    let rows = Rows::items(keys::space_of(&row.space_id));
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let (mut items, mut bytes, mut written) = (0, 0, 0);
    let mut after = after;
    loop {
        let view = cx.snapshot().await?;
        let page = work::next_items(&view, &rows, after.as_deref()).await;
        let (page, rest) = page.map_err(cloud::ApiError::into_failure)?;
        for item in &page {
            let line = serde_json::json!({"Item": ddbexpr::json::write_item(item)}).to_string();
            written += line.len() + 1;
            packed
                .write_all(line.as_bytes())
                .and_then(|()| packed.write_all(b"\n"))
                .map_err(Failure::internal)?;
            items += 1;
            bytes += ddbexpr::size::item(item);
        }
        after = rest;
        if after.is_none() || written >= EXPORT_FILE_BYTES {
            break;
        }
    }
    let body = packed.finish().map_err(Failure::internal)?;
    let md5 = digest::of(Algorithm::Md5, &body).base64();
    // The same name when it is written again.
    let name = keys::digest_hex(format!("{} {}", row.id, row.files.len()).as_bytes());
    let name = format!("data/{}.json.gz", &name[..26]);
    let etag = put(cx, row, &name, body.into()).await?;
    let file = DataFile { key: row.object_key(&name), items, md5, etag };
    Ok((file, i64::try_from(bytes).unwrap_or(i64::MAX), after))
}

/// Writes down how far the export came, unless another node was faster. At its end the copy of the items goes.
async fn save(cx: &Cx, before: ExportRow, mut next: ExportRow) -> Result<(), Error> {
    let now = cx.now().millis();
    let id = cx.new_id();
    if matches!(next.phase, ExportPhase::Failed(_)) {
        next.ended_at_millis = Some(now);
    }
    cx.transact(move |tx| {
        let (before, next, id) = (before.clone(), next.clone(), id.clone());
        Box::pin(async move {
            let key = (&before.account, &before.region, &before.table, &before.id);
            let there: Option<ExportRow> = table::get(tx, key).await?;
            if there.as_ref() != Some(&before) {
                return Ok(());
            }
            table::put(tx, &next).await?;
            if next.ended_at_millis.is_some() {
                let task = Task::RemoveTable { table_id: next.space_id };
                table::put(tx, &WorkRow { begun_at_millis: now, id, task }).await?;
            }
            Ok::<_, Error>(())
        })
    })
    .await
}
