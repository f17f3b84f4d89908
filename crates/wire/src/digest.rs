//! Checksums that travel on the AWS wire: SQS message digests, S3 ETags and `x-amz-checksum-*`, SigV4 payload hashes.
//!
//! ```
//! let mut hasher = wire::digest::Hasher::new(wire::digest::Algorithm::Crc32);
//! hasher.update(b"123456789");
//! assert_eq!(hasher.finish().base64(), "y/Q5Jg==");
//! ```

use aws_lc_rs::digest as lc;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;

/// A checksum algorithm, by AWS's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5: ETags, `Content-MD5`, SQS digests. Not a protection against attackers.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// CRC-32 (ISO HDLC, the one of zlib).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME, S3's default for new objects.
    Crc64Nvme,
}

impl Algorithm {
    /// Algorithms that S3 knows as object checksums, in the order of its documentation.
    pub const OBJECT_CHECKSUMS: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// AWS's name, as in `x-amz-sdk-checksum-algorithm` and `ChecksumAlgorithm`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
        }
    }

    /// The algorithm with AWS's name `name`, whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Md5, Self::Sha1, Self::Sha256, Self::Crc32, Self::Crc32c, Self::Crc64Nvme]
            .into_iter()
            .find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// The S3 header that carries this checksum of an object; MD5 has none (`Content-MD5` is another thing).
    pub fn header(self) -> Option<&'static str> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some("x-amz-checksum-sha1"),
            Self::Sha256 => Some("x-amz-checksum-sha256"),
            Self::Crc32 => Some("x-amz-checksum-crc32"),
            Self::Crc32c => Some("x-amz-checksum-crc32c"),
            Self::Crc64Nvme => Some("x-amz-checksum-crc64nvme"),
        }
    }

    /// Length of the digest in bytes.
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
        }
    }
}

/// A finished checksum: big-endian bytes, as AWS writes them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(Vec<u8>);

impl Digest {
    /// The digest held by `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The digest that `text` (standard base64) stands for, when it has the length that `algorithm` makes.
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?; // not base64: the caller answers with its own error
        (bytes.len() == algorithm.size_bytes()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Lower-case hexadecimal.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Standard base64 with padding.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

/// A running checksum.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha(lc::Context),
    Crc(Box<crc_fast::Digest>, usize),
}

impl Hasher {
    /// An empty checksum of `algorithm`.
    pub fn new(algorithm: Algorithm) -> Self {
        let crc = |a| State::Crc(Box::new(crc_fast::Digest::new(a)), algorithm.size_bytes());
        Self(match algorithm {
            Algorithm::Md5 => State::Md5(md5::Md5::new()),
            Algorithm::Sha1 => State::Sha(lc::Context::new(&lc::SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => State::Sha(lc::Context::new(&lc::SHA256)),
            Algorithm::Crc32 => crc(crc_fast::CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => crc(crc_fast::CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => crc(crc_fast::CrcAlgorithm::Crc64Nvme),
        })
    }

    /// Adds `data`.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Md5(h) => h.update(data),
            State::Sha(h) => h.update(data),
            State::Crc(h, _) => h.update(data),
        }
    }

    /// The checksum of everything added.
    pub fn finish(self) -> Digest {
        Digest(match self.0 {
            State::Md5(h) => h.finalize().to_vec(),
            State::Sha(h) => h.finish().as_ref().to_vec(),
            State::Crc(h, size) => h.finalize().to_be_bytes()[8 - size..].to_vec(),
        })
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// The checksum of `data` in one go.
pub fn of(algorithm: Algorithm, data: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(data);
    hasher.finish()
}

/// The CRC of two parts laid end to end, from the CRC of each and the length of the second;
/// `None` when `algorithm` is no CRC or a digest has the wrong length.
///
/// S3 answers multipart uploads of checksum type `FULL_OBJECT` this way.
pub fn combine(algorithm: Algorithm, first: &Digest, second: &Digest, second_len: u64) -> Option<Digest> {
    let crc = match algorithm {
        Algorithm::Crc32 => crc_fast::CrcAlgorithm::Crc32IsoHdlc,
        Algorithm::Crc32c => crc_fast::CrcAlgorithm::Crc32Iscsi,
        Algorithm::Crc64Nvme => crc_fast::CrcAlgorithm::Crc64Nvme,
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha256 => return None,
    };
    let size = algorithm.size_bytes();
    if first.0.len() != size || second.0.len() != size {
        return None;
    }
    let number = |d: &Digest| d.0.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b));
    let joined = crc_fast::checksum_combine(crc, number(first), number(second), second_len);
    Some(Digest(joined.to_be_bytes()[8 - size..].to_vec()))
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(lc::digest(&lc::SHA256, data).as_ref());
    out
}

/// SHA-256 of `data` in lower-case hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    hex(&sha256(data))
}

/// MD5 of `data` in lower-case hexadecimal, as SQS and ETags show it.
pub fn md5_hex(data: &[u8]) -> String {
    of(Algorithm::Md5, data).hex()
}

/// Lower-case hexadecimal of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(DIGITS[usize::from(b >> 4)] as char);
        out.push(DIGITS[usize::from(b & 15)] as char);
    }
    out
}

/// The bytes that `text` (hexadecimal of either case, even length) stands for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |b: u8| (b as char).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks_exact(2).map(|p| Some(nibble(p[0])? << 4 | nibble(p[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values: RFC 1321 A.5, FIPS 180 examples ("abc"), and the CRC catalogue's check for "123456789"
    /// (CRC-32/ISO-HDLC cbf43926, CRC-32/ISCSI e3069283, CRC-64/NVME ae8b14860a799888).
    #[test]
    fn known_values() {
        assert_eq!(md5_hex(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(of(Algorithm::Sha1, b"abc").hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(of(Algorithm::Crc32, b"123456789").hex(), "cbf43926");
        assert_eq!(of(Algorithm::Crc32c, b"123456789").hex(), "e3069283");
        assert_eq!(of(Algorithm::Crc64Nvme, b"123456789").hex(), "ae8b14860a799888");
    }

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        for algorithm in Algorithm::OBJECT_CHECKSUMS.into_iter().chain([Algorithm::Md5]) {
            let mut pieces = Hasher::new(algorithm);
            for piece in [&b"hello"[..], b"", b", ", b"world"] {
                pieces.update(piece);
            }
            let whole = of(algorithm, b"hello, world");
            assert_eq!(pieces.finish(), whole, "{algorithm:?}");
            assert_eq!(whole.bytes().len(), algorithm.size_bytes());
            assert_eq!(Digest::from_base64(algorithm, &whole.base64()), Some(whole));
        }
    }

    #[test]
    fn crcs_combine_and_hashes_do_not() {
        for algorithm in Algorithm::OBJECT_CHECKSUMS {
            let joined = combine(algorithm, &of(algorithm, b"hello, "), &of(algorithm, b"world"), 5);
            match algorithm {
                Algorithm::Sha1 | Algorithm::Sha256 => assert_eq!(joined, None),
                _ => assert_eq!(joined, Some(of(algorithm, b"hello, world"))),
            }
        }
        assert_eq!(combine(Algorithm::Crc32, &Digest(vec![1]), &Digest(vec![2]), 1), None);
    }

    #[test]
    fn hex_reads_what_it_writes() {
        assert_eq!(unhex(&hex(&[0, 1, 0xfe, 0xff])), Some(vec![0, 1, 0xfe, 0xff]));
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("é"), None);
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Algorithm::parse("crc64nvme"), Some(Algorithm::Crc64Nvme));
        assert_eq!(Algorithm::parse("CRC32C"), Some(Algorithm::Crc32c));
        assert_eq!(Algorithm::parse("SHA512"), None);
    }
}
