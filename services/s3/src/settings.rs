//! A bucket's configurations: kept in its row, each under the name of its subresource and in the shape of its
//! operation.

use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::bucket;
use crate::error::Error;
use crate::keys::BucketRow;
use crate::limits::SETTING_BYTES_MAX;

/// The input of operations that name a bucket and nothing else.
#[derive(Shape)]
pub(crate) struct Named {
    #[shape(label)]
    pub(crate) bucket: String,
    #[shape(header = "x-amz-expected-bucket-owner")]
    pub(crate) expected_bucket_owner: Option<String>,
}

/// An answer that says nothing.
#[derive(Shape)]
pub(crate) struct Nothing {}

/// The bucket, if it belongs to whom the request expects.
pub(crate) async fn bucket_of(cx: &Cx, name: &str, owner: Option<&str>) -> Result<BucketRow, Error> {
    let row = bucket::open(cx, name).await?;
    bucket::check_owner(&row, owner)?;
    Ok(row)
}

/// A configuration, if it was made.
pub(crate) fn read<T: Shape>(row: &BucketRow, name: &str) -> Result<Option<T>, Error> {
    let Some(value) = row.settings.get(name) else {
        return Ok(None);
    };
    let doc = wire::json::from_value(T::schema(), value).map_err(|error| Failure::internal(error.message))?;
    Ok(Some(T::from_doc(doc).map_err(Failure::internal)?))
}

/// Keeps a configuration in place of the one before.
pub(crate) async fn write<T: Shape>(cx: &mut Cx, row: BucketRow, name: &str, value: T) -> Result<(), Error> {
    put(cx.tx(), row, name, value).await
}

/// Keeps a configuration of a bucket in a transaction that is under way.
pub(crate) async fn write_with<T: Shape>(
    tx: &mut Tx,
    bucket: &str,
    name: &str,
    value: T,
) -> Result<(), Error> {
    let row = table::get::<BucketRow>(tx, (bucket,)).await?.ok_or_else(|| Error::no_bucket(bucket))?;
    put(tx, row, name, value).await
}

async fn put<T: Shape>(tx: &mut Tx, mut row: BucketRow, name: &str, value: T) -> Result<(), Error> {
    let value = wire::json::to_value(T::schema(), &value.into_doc());
    let size = value.to_string().len();
    if size > SETTING_BYTES_MAX {
        return Err(Error::EntityTooLarge { size: size as u64, max: SETTING_BYTES_MAX as u64 });
    }
    row.settings.insert(name.to_owned(), value);
    Ok(table::put(tx, &row).await?)
}

/// Forgets a configuration; one that is not there is fine.
pub(crate) async fn remove(cx: &mut Cx, mut row: BucketRow, name: &str) -> Result<(), Error> {
    if row.settings.remove(name).is_some() {
        table::put(cx.tx(), &row).await?;
    }
    Ok(())
}
