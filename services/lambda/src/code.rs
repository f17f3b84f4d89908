//! Zip files of functions and layers: taken from the request or from S3, kept as blobs, unpacked when they are used.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::Cloud;
use cloud::prelude::*;
use store::layer::blob::BlobId;

use crate::error::Error;
use crate::keys::{Code, LayerUse};
use crate::limits::{UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX};
use crate::shapes::FunctionCode;
use crate::unzip;

/// Takes the zip file that a request names, as its caller.
pub(crate) async fn take(cx: &mut Cx, source: FunctionCode) -> Result<Bytes, Error> {
    if source.image_uri.is_some() {
        return Err(Error::unsupported("A container image (ImageUri)"));
    }
    if source.source_kms_key_arn.is_some_and(|key| !key.is_empty()) {
        return Err(Error::unsupported("SourceKMSKeyArn"));
    }
    let bytes = match (source.zip_file, source.s3_bucket, source.s3_key) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            return Err(Error::invalid(
                "Please do not provide other FunctionCode parameters when providing a ZipFile.",
            ));
        }
        (Some(bytes), None, None) => {
            if bytes.len() > ZIP_BYTES_MAX {
                return Err(Error::TooLarge(format!(
                    "Zipped size must be smaller than {ZIP_BYTES_MAX} bytes for a zip file in the request; use S3"
                )));
            }
            bytes
        }
        (None, Some(bucket), Some(key)) => {
            from_s3(cx, &bucket, &key, source.s3_object_version.as_deref()).await?
        }
        _ => return Err(Error::invalid("Please provide a source for function code.")),
    };
    let checked = bytes.clone();
    let size =
        tokio::task::spawn_blocking(move || unzip::check(&checked)).await.map_err(Failure::internal)?;
    size.map_err(refusal)?;
    Ok(bytes)
}

async fn from_s3(cx: &mut Cx, bucket: &str, key: &str, version: Option<&str>) -> Result<Bytes, Error> {
    let caller = cx.caller().clone();
    let found = cloud::client::s3::get_object(cx, caller, bucket, key, version).await;
    let stream = found.map_err(|failure| match failure.code() {
        "AccessDenied" => Error::AccessDenied(format!(
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject \
             for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: {}",
            failure.message()
        )),
        code if failure.status() < 500 => Error::invalid(format!(
            "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {}",
            failure.message()
        )),
        _ => Error::Internal(failure),
    })?;
    let limit = usize::try_from(UNZIPPED_BYTES_MAX).unwrap_or(usize::MAX);
    stream.collect(limit).await.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => refusal(unzip::Error::TooLarge),
        _ => Error::Internal(Failure::internal(error)),
    })
}

fn refusal(error: unzip::Error) -> Error {
    match error {
        unzip::Error::Io(error) => Error::Internal(Failure::internal(error)),
        other => Error::InvalidParameterValue(other.to_string()),
    }
}

/// Keeps a zip file as a blob. The transaction that uses it must own it.
pub(crate) async fn keep(cx: &Cx, zip: Bytes) -> Result<Code, Error> {
    let sha256 = sha256(&zip);
    let id = BlobId::new(cx.now().millis(), cx.chance().number());
    let blob = cx.cloud().blobs().put(id, zip).await?;
    Ok(Code { blob, sha256 })
}

/// The checksum as AWS shows it.
pub(crate) fn sha256(zip: &[u8]) -> String {
    STANDARD.encode(wire::digest::sha256(zip))
}

/// The folder of a function's code, unpacked now if it is not there. A folder never changes.
pub(crate) async fn unpacked(cloud: &Arc<Cloud>, code: &Code) -> Result<PathBuf, Failure> {
    let folder = folder(cloud, "code", &code.sha256);
    unpack_into(cloud, folder, std::slice::from_ref(code)).await
}

/// The folder of a function's layers, one over the other, unpacked now if it is not there.
pub(crate) async fn merged_layers(
    cloud: &Arc<Cloud>,
    layers: &[LayerUse],
) -> Result<Option<PathBuf>, Failure> {
    if layers.is_empty() {
        return Ok(None);
    }
    let codes: Vec<Code> = layers.iter().map(|layer| layer.code.clone()).collect();
    let key: Vec<&str> = codes.iter().map(|code| code.sha256.as_str()).collect();
    let folder = folder(cloud, "layers", &key.join("+"));
    Ok(Some(unpack_into(cloud, folder, &codes).await?))
}

/// The parent of all unpacked folders.
pub(crate) fn root(cloud: &Cloud) -> PathBuf {
    cloud.config().scratch.join("lambda")
}

fn folder(cloud: &Cloud, kind: &str, key: &str) -> PathBuf {
    root(cloud).join(kind).join(folder_name(key, boot_id()))
}

/// Unpacked files are not synced, so after a power cut a folder may be there and its files empty. A folder is only
/// believed as long as the machine runs on; older ones are removed like all that nobody uses.
fn folder_name(key: &str, boot_id: &str) -> String {
    wire::digest::sha256_hex(format!("{boot_id}\n{key}").as_bytes())
}

/// What tells this run of the machine from others (random(4)); empty where the system has no such thing.
fn boot_id() -> &'static str {
    static BOOT_ID: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    BOOT_ID.get_or_init(|| std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default())
}

async fn unpack_into(cloud: &Arc<Cloud>, folder: PathBuf, codes: &[Code]) -> Result<PathBuf, Failure> {
    // Asked here: a thread of its own would take longer than the answer.
    if folder.try_exists().map_err(Failure::internal)? {
        return Ok(folder);
    }
    let mut zips = Vec::new();
    for code in codes {
        zips.push(cloud.blobs().read_all(&code.blob, UNZIPPED_BYTES_MAX).await?);
    }
    let target = folder.clone();
    let done = tokio::task::spawn_blocking(move || unpack_beside(&zips, &target));
    done.await.map_err(Failure::internal)?.map_err(Failure::internal)?;
    Ok(folder)
}

/// Unpacks beside and moves, so that a folder with its name is always whole.
fn unpack_beside(zips: &[Bytes], folder: &Path) -> Result<(), unzip::Error> {
    let parent = folder.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent)?;
    let draft = tempfile::TempDir::new_in(parent)?;
    let mut used = 0;
    for zip in zips {
        used = unzip::unpack(zip, draft.path(), used)?;
    }
    // A temporary folder is closed to others; functions run as users of their own.
    std::fs::set_permissions(draft.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let draft = draft.keep();
    if std::fs::rename(&draft, folder).is_err() {
        // Somebody else was faster with the same content.
        std::fs::remove_dir_all(&draft)?;
    }
    if folder.is_dir() { Ok(()) } else { Err(unzip::Error::Io(io::ErrorKind::NotFound.into())) }
}

/// A URL from which a zip file can be loaded for ten minutes, as `Code.Location` in AWS.
pub(crate) fn location(cx: &Cx, code: &Code) -> String {
    let expires = cx.now().millis() / 1000 + 600;
    let blob = code.blob.id.as_str();
    let signature = crate::plane::code_signature(cx.states(), cx.chance(), blob, code.blob.size, expires);
    let (endpoint, size) = (cx.cloud().endpoint(), code.blob.size);
    format!("{endpoint}{}{blob}?size={size}&expires={expires}&signature={signature}", crate::plane::CODE_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a power cut empty files of unpacked code were taken for the code.
    #[test]
    fn folders_are_believed_until_the_machine_starts_again() {
        assert_eq!(folder_name("code", "boot one"), folder_name("code", "boot one"));
        assert_ne!(folder_name("code", "boot one"), folder_name("code", "boot two"));
        assert_ne!(folder_name("code", "boot one"), folder_name("other", "boot one"));
        assert_eq!(boot_id(), boot_id());
    }
}
