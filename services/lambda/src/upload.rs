//! What happens to code before a function uses it: it is unpacked, its runtime is looked for, and the AWS SDK that it
//! expects of the runtime is installed.

use std::path::Path;

use cloud::prelude::*;

use crate::code;
use crate::error::Error;
use crate::host;
use crate::keys::Config;
use crate::limits::UNZIPPED_BYTES_MAX;
use crate::runner::Runner;
use crate::runtime::extensions::EXTENSIONS_MAX;
use crate::runtime::interpreters::{self, Wanted};
use crate::runtime::sdk;

/// Prepares the code and layers of `config`, and fills in what they need.
pub(crate) async fn prepare(cx: &Cx, config: &mut Config) -> Result<(), Error> {
    let wanted = interpreters::wanted(&config.runtime).ok_or_else(|| {
        Error::invalid(format!("The runtime {} is not supported by this cloud.", config.runtime))
    })?;
    let interpreter = host::interpreter(&config.runtime, wanted).await?;
    let cloud = cx.cloud();
    let folder = code::unpacked(cloud, &config.code).await?;
    let too_large = |failure: Failure| match failure.status() {
        500 if config.layers.len() > 1 => Error::invalid(format!(
            "Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_BYTES_MAX} bytes."
        )),
        _ => Error::Internal(failure),
    };
    let layers = code::merged_layers(cloud, &config.layers).await.map_err(too_large)?;
    if let Some(layers) = layers.clone() {
        let code = folder.clone();
        let sizes = tokio::task::spawn_blocking(move || size_of(&code).zip(size_of(&layers)));
        let total = sizes.await.map_err(Failure::internal)?.map_or(0, |(code, layers)| code + layers);
        if total > UNZIPPED_BYTES_MAX {
            // AWS's text, as in the issues of many projects.
            return Err(Error::invalid(format!(
                "Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_BYTES_MAX} bytes. The actual size is {total} bytes."
            )));
        }
    }
    let extensions = crate::layers::extensions(layers.as_deref()).await?;
    if extensions.len() > EXTENSIONS_MAX {
        // AWS takes such a function, and every start of it fails: "Extension.TooManyExtensions".
        return Err(Error::invalid(format!("Extension limit ({EXTENSIONS_MAX}) reached")));
    }
    Runner::of(cx).host().await?; // Found now, the first invocation need not wait for it.
    config.sdk_packages.clear();
    let Some(interpreter) = interpreter else { return Ok(()) };
    let Wanted::Managed(language, version) = wanted else { return Ok(()) };
    let missing =
        tokio::task::spawn_blocking(move || sdk::missing(&folder, layers.as_deref(), language, version));
    let missing = missing.await.map_err(Failure::internal)?;
    config.sdk_packages = missing.iter().cloned().collect();
    if !missing.is_empty() {
        host::install_sdk(interpreter, language, missing).await;
    }
    Ok(())
}

/// Bytes of all files below a folder. None when it cannot be read, which its use will tell.
fn size_of(folder: &Path) -> Option<u64> {
    let mut total = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            let data = entry.as_ref().ok()?.path().symlink_metadata().ok()?;
            match data.is_dir() {
                true => folders.push(entry.ok()?.path()),
                false => total += data.len(),
            }
        }
    }
    Some(total)
}
