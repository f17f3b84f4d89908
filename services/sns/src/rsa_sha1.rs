//! RSA signatures over SHA-1, which signature version 1 of SNS asks for and no cryptographic library makes any more.
//!
//! It is RSASSA-PKCS1-v1_5 of RFC 8017 by the Chinese remainder theorem. The message is blinded by chance, so that the
//! time that a signature takes says nothing of the key, and a signature that does not verify never leaves.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use cloud::clock::Chance;
use num_bigint::BigUint;

/// The digest's algorithm in front of a SHA-1 digest: `DigestInfo` in DER (RFC 8017, section 9.2).
const DIGEST_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;

/// An RSA key, in numbers.
pub(crate) struct Sha1Key {
    modulus: BigUint,
    public: BigUint,
    primes: [BigUint; 2],
    exponents: [BigUint; 2],
    coefficient: BigUint,
    length: usize,
}

impl Sha1Key {
    /// Reads the numbers of a key in PKCS #8: `PrivateKeyInfo` around an `RSAPrivateKey`.
    pub(crate) fn read(pkcs8: &[u8]) -> Option<Self> {
        let (mut info, _) = take(pkcs8, SEQUENCE)?;
        let _version = next(&mut info, INTEGER)?;
        let _algorithm = next(&mut info, SEQUENCE)?;
        let (mut key, _) = take(next(&mut info, OCTETS)?, SEQUENCE)?;
        let _version = next(&mut key, INTEGER)?;
        let mut number = || next(&mut key, INTEGER).map(BigUint::from_bytes_be);
        let (modulus, public, _private) = (number()?, number()?, number()?);
        let primes = [number()?, number()?];
        let exponents = [number()?, number()?];
        let coefficient = number()?;
        let length = usize::try_from(modulus.bits().div_ceil(8)).ok()?;
        Some(Self { modulus, public, primes, exponents, coefficient, length })
    }

    /// The signature of a text.
    pub(crate) fn sign(&self, chance: &Chance, text: &[u8]) -> Vec<u8> {
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text);
        let mut encoded = vec![0xff; self.length];
        encoded[..2].copy_from_slice(&[0, 1]);
        let tail = DIGEST_INFO.len() + digest.as_ref().len();
        encoded[self.length - tail - 1] = 0;
        encoded[self.length - tail..self.length - tail + DIGEST_INFO.len()].copy_from_slice(&DIGEST_INFO);
        encoded[self.length - digest.as_ref().len()..].copy_from_slice(digest.as_ref());
        let message = BigUint::from_bytes_be(&encoded);
        let signature = self.power(chance, &message).to_bytes_be();
        let mut padded = vec![0; self.length - signature.len()];
        padded.extend(signature);
        padded
    }

    /// `message` to the power of the private exponent.
    fn power(&self, chance: &Chance, message: &BigUint) -> BigUint {
        loop {
            let mut bytes = vec![0; self.length];
            chance.fill(&mut bytes);
            let blind = BigUint::from_bytes_be(&bytes) % &self.modulus;
            // A number that shares a factor with the modulus would be the key itself; it does not come.
            let Some(unblind) = blind.modinv(&self.modulus) else { continue };
            let blinded = message * blind.modpow(&self.public, &self.modulus) % &self.modulus;
            let [p, q] = &self.primes;
            let by_p = blinded.modpow(&self.exponents[0], p);
            let by_q = blinded.modpow(&self.exponents[1], q);
            let difference = (&by_p + p - &by_q % p) % p;
            let signed = &by_q + q * (&self.coefficient * difference % p);
            let signature = signed * unblind % &self.modulus;
            if signature.modpow(&self.public, &self.modulus) == *message {
                return signature;
            }
            tracing::error!("a signature did not verify; it is made again");
        }
    }
}

/// The content of the DER value at the beginning, which has the type `tag`, and what follows it.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(long - 0x80).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

fn next<'b>(bytes: &mut &'b [u8], tag: u8) -> Option<&'b [u8]> {
    let (content, rest) = take(bytes, tag)?;
    *bytes = rest;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_none() {
        for bytes in [&b""[..], b"\x30", b"\x30\x84", b"\x30\x03\x02\x01\x00", &[0x30, 0xff], &[0x30; 100]] {
            assert!(Sha1Key::read(bytes).is_none(), "{bytes:?}");
        }
    }
}
