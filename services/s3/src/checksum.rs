//! Checksums that clients send, and those that S3 keeps.

use std::collections::BTreeMap;

use wire::digest::{Algorithm, Digest, Hasher};

use crate::error::Error;

/// The checksum headers of a request or an answer, by algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The algorithm that the object is kept with.
    pub(crate) algorithm: Option<Algorithm>,
    /// The digest that the client expects, if it said one ahead.
    pub(crate) digest: Option<Digest>,
    /// The `Content-MD5` that the client expects.
    pub(crate) md5: Option<Digest>,
}

/// What a request says about checksums.
pub(crate) struct Said<'a> {
    pub(crate) algorithm: Option<&'a str>,
    pub(crate) trailer: Option<&'a str>,
    pub(crate) content_md5: Option<&'a str>,
    /// Header values by algorithm.
    pub(crate) values: [(Algorithm, Option<&'a str>); 5],
}

impl Wanted {
    /// Reads what a request says; more than one value, or a value that is no digest, is refused.
    pub(crate) fn read(said: &Said<'_>) -> Result<Self, Error> {
        let given: Vec<_> =
            said.values.iter().filter_map(|(a, value)| value.map(|value| (*a, value))).collect();
        if given.len() > 1 {
            return Err(Error::InvalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
                    .to_owned(),
            ));
        }
        let md5 = said.content_md5.map(|text| {
            Digest::from_base64(Algorithm::Md5, text)
                .ok_or_else(|| Error::InvalidDigest { md5: text.to_owned() })
        });
        let mut wanted = Self { md5: md5.transpose()?, ..Self::default() };
        if let Some((algorithm, text)) = given.first() {
            let digest = Digest::from_base64(*algorithm, text).ok_or_else(|| {
                let header = algorithm.header().unwrap_or_default();
                Error::InvalidRequest(format!("Value for {header} header is invalid."))
            })?;
            wanted.algorithm = Some(*algorithm);
            wanted.digest = Some(digest);
            return Ok(wanted);
        }
        let trailer = said.trailer.and_then(|name| {
            Algorithm::OBJECT_CHECKSUMS.into_iter().find(|algorithm| algorithm.header() == Some(name.trim()))
        });
        let named = said.algorithm.map(|name| {
            Algorithm::parse(name).filter(|algorithm| *algorithm != Algorithm::Md5).ok_or_else(|| {
                let text = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                            [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
                Error::InvalidRequest(text.to_owned())
            })
        });
        wanted.algorithm = trailer.or(named.transpose()?);
        Ok(wanted)
    }
}

/// Computes the digests of bytes that flow by.
pub(crate) struct Meter {
    md5: Hasher,
    sums: Vec<(Algorithm, Hasher)>,
}

impl Meter {
    /// A meter for MD5 and these algorithms.
    pub(crate) fn new(algorithms: &[Algorithm]) -> Self {
        let sums = algorithms.iter().map(|algorithm| (*algorithm, Hasher::new(*algorithm))).collect();
        Self { md5: Hasher::new(Algorithm::Md5), sums }
    }

    /// Counts bytes in.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sums.iter_mut().for_each(|(_, hasher)| hasher.update(bytes));
    }

    /// The MD5 and the checksums, once they are what the client expects.
    pub(crate) fn finish(self, wanted: &Wanted) -> Result<(Digest, Vec<(Algorithm, Digest)>), Error> {
        let md5 = self.md5.finish();
        if wanted.md5.as_ref().is_some_and(|expected| *expected != md5) {
            return Err(Error::BadDigest { name: "Content-MD5".to_owned(), what: "what we received" });
        }
        let sums: Vec<_> =
            self.sums.into_iter().map(|(algorithm, hasher)| (algorithm, hasher.finish())).collect();
        let found = |wanted: Algorithm| sums.iter().find(|(algorithm, _)| *algorithm == wanted);
        if let (Some(algorithm), Some(expected)) = (wanted.algorithm, &wanted.digest)
            && found(algorithm).is_some_and(|(_, digest)| digest != expected)
        {
            let name = algorithm.name().to_owned();
            return Err(Error::BadDigest { name, what: "the calculated checksum" });
        }
        Ok((md5, sums))
    }
}

/// Checksums as they are stored.
pub(crate) fn stored(sums: &[(Algorithm, Digest)]) -> BTreeMap<String, String> {
    sums.iter().map(|(algorithm, digest)| (algorithm.name().to_owned(), digest.base64())).collect()
}

/// The checksum of `algorithm` among those of an object.
pub(crate) fn of(checksums: &BTreeMap<String, String>, algorithm: Algorithm) -> Option<String> {
    checksums.get(algorithm.name()).cloned()
}
