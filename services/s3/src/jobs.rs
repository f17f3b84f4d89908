//! Background work: what lifecycle rules ask for, and uploads whose bucket is gone.

use std::sync::{Mutex, PoisonError};

use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::announce::Announcement;
use crate::error::Error;
use crate::event;
use crate::keys::{self, BucketRow, ObjectRow, UploadRow};
use crate::lifecycle;
use crate::multipart;

/// Rows looked at in one slice.
const SLICE: usize = 200;
/// Between two rounds: S3 itself acts once a day; here a rule whose time has come is followed soon.
const EVERY_MILLIS: i64 = 10 * 60 * 1000;

/// Removes what has expired.
pub(crate) const LIFECYCLE: Job = Job {
    name: "s3/lifecycle",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[],
    run: |cx| boxed(expire(cx)),
};
/// Removes uploads that nobody will finish.
pub(crate) const UPLOADS: Job = Job {
    name: "s3/uploads",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[],
    run: |cx| boxed(give_up(cx)),
};

fn boxed<'a>(
    work: impl Future<Output = Result<Progress, Error>> + Send + 'a,
) -> BoxFuture<'a, Result<Progress, Failure>> {
    Box::pin(async move { work.await.map_err(cloud::ApiError::into_failure) })
}

/// Where the rounds have come to. After a restart they begin anew.
#[derive(Default)]
struct Place {
    expiry: Mutex<Round>,
    uploads: Mutex<Option<Cursor>>,
}

#[derive(Clone, Default)]
struct Round {
    /// Behind this bucket.
    bucket: Option<Cursor>,
    /// In this bucket, behind this object.
    inside: Option<(String, Option<Cursor>)>,
}

async fn expire(cx: &mut Cx) -> Result<Progress, Error> {
    let place = cx.state::<Place>();
    let round = place.expiry.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let next = match round.inside.clone() {
        Some((bucket, after)) => Some(expire_in(cx, round, bucket, after).await?),
        None => next_bucket(cx, round).await?,
    };
    let progress = if next.is_some() { Progress::More } else { Progress::Done };
    *place.expiry.lock().unwrap_or_else(PoisonError::into_inner) = next.unwrap_or_default();
    Ok(progress)
}

/// Goes on to the next bucket; one without rules is passed over.
async fn next_bucket(cx: &Cx, mut round: Round) -> Result<Option<Round>, Error> {
    let paging = Paging::after(1, round.bucket);
    let page = table::list::<BucketRow>(&cx.snapshot().await?, (), &paging).await?;
    let Some(bucket) = page.items.into_iter().next() else {
        return Ok(None);
    };
    round.bucket = Some(Cursor::behind(&bucket.name));
    let rules = lifecycle::of(&bucket)?.filter(lifecycle::Lifecycle::expires);
    round.inside = rules.map(|_| (bucket.name, None));
    Ok(Some(round))
}

async fn expire_in(cx: &Cx, mut round: Round, bucket: String, after: Option<Cursor>) -> Result<Round, Error> {
    let view = cx.snapshot().await?;
    let row = table::get::<BucketRow>(&view, (&bucket,)).await?;
    let rules = match &row {
        Some(row) => lifecycle::of(row)?,
        None => None,
    };
    let (Some(row), Some(rules)) = (row, rules) else {
        round.inside = None;
        return Ok(round);
    };
    let page = table::list::<ObjectRow>(&view, (&bucket,), &Paging::after(SLICE, after)).await?;
    drop(view);
    let now_millis = cx.now().millis();
    let due = |object: &ObjectRow| rules.expiry(object).is_some_and(|(at, _)| at <= now_millis);
    for object in page.items.into_iter().filter(due) {
        let said = Announcement::of(cx, &row, event::Kind::Expire, &object)?;
        remove_same(cx, object, said, now_millis).await?;
    }
    round.inside = page.next.map(|next| (bucket, Some(next)));
    Ok(round)
}

/// Removes an object unless it was replaced since it was looked at.
async fn remove_same(cx: &Cx, seen: ObjectRow, said: Announcement, now_millis: i64) -> Result<(), Error> {
    let cloud = cx.cloud().clone();
    cx.transact(move |tx| {
        let (seen, said, cloud) = (seen.clone(), said.clone(), cloud.clone());
        Box::pin(async move {
            let current = table::get::<ObjectRow>(tx, (&seen.bucket, &seen.key)).await?;
            if current.as_ref() == Some(&seen) {
                keys::delete_object(tx, &seen, now_millis).await?;
                said.send(&cloud, tx)?;
            }
            Ok::<_, Error>(())
        })
    })
    .await
}

async fn give_up(cx: &mut Cx) -> Result<Progress, Error> {
    let place = cx.state::<Place>();
    let after = place.uploads.lock().unwrap_or_else(PoisonError::into_inner).take();
    let view = cx.snapshot().await?;
    let page = table::list::<UploadRow>(&view, (), &Paging::after(SLICE, after)).await?;
    let now_millis = cx.now().millis();
    let mut due = Vec::new();
    for upload in page.items {
        let bucket = table::get::<BucketRow>(&view, (&upload.bucket,)).await?;
        if is_due(&upload, bucket, now_millis)? {
            due.push(upload);
        }
    }
    drop(view);
    for upload in due {
        cx.transact(move |tx| {
            let upload = upload.clone();
            Box::pin(async move {
                if table::exists::<UploadRow>(tx, (&upload.bucket, &upload.key, &upload.id)).await? {
                    multipart::remove(tx, &upload, &[], now_millis).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    }
    let progress = if page.next.is_some() { Progress::More } else { Progress::Done };
    *place.uploads.lock().unwrap_or_else(PoisonError::into_inner) = page.next;
    Ok(progress)
}

fn is_due(upload: &UploadRow, bucket: Option<BucketRow>, now_millis: i64) -> Result<bool, Error> {
    let bucket = bucket.filter(|bucket| bucket.created_at_millis == upload.bucket_created_at_millis);
    let Some(bucket) = bucket else {
        return Ok(true);
    };
    let rules = lifecycle::of(&bucket)?;
    let at = rules.as_ref().and_then(|rules| rules.abort(&upload.key, upload.begun_at_millis));
    Ok(at.is_some_and(|(at, _)| at <= now_millis))
}
