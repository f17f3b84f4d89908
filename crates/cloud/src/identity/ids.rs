//! The ids of IAM: of keys, users, roles, policies.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>, "IAM unique identifiers".

use crate::clock::Chance;

/// The letters of unique ids.
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// What follows the four letters of the kind in a unique id.
const ID_LENGTH: usize = 17;
/// The letters of secrets: those of base64.
const SECRET_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The length of every secret access key.
pub(super) const SECRET_LENGTH: usize = 40;
/// The bytes behind the sixteen letters of an access key id.
const KEY_BYTES: usize = 10;

/// A unique id with the letters of its kind: `AIDA` user, `AROA` role, `AGPA` group, `ANPA` managed policy,
/// `AIPA` instance profile.
pub fn unique(chance: &Chance, kind: &str) -> String {
    format!("{kind}{}", chance.text(ID_ALPHABET, ID_LENGTH))
}

/// A secret access key.
pub fn secret(chance: &Chance) -> String {
    chance.text(SECRET_ALPHABET, SECRET_LENGTH)
}

/// An access key id: `AKIA` for long-term keys, `ASIA` for temporary ones. As on AWS its first letters hold the
/// account, so that the account of a key is known without looking the key up.
pub fn access_key(chance: &Chance, kind: &str, account: &str) -> String {
    let mut bytes = [0; KEY_BYTES];
    chance.fill(&mut bytes);
    let number: u64 = account.parse().unwrap_or(0); // accounts are digits; anything else encodes as 0
    let low_bits = u64::from(bytes[5] & 0x7f);
    let head = (1 << 47) | ((number & 0xff_ffff_ffff) << 7) | low_bits;
    bytes[..6].copy_from_slice(&head.to_be_bytes()[2..]);
    format!("{kind}{}", base32(&bytes))
}

/// The account in an access key id, whether or not there is such a key.
pub fn account_of_access_key(access_key_id: &str) -> Option<String> {
    let letters = access_key_id.get(4..).filter(|letters| letters.len() == 16)?;
    let mut head = 0u64;
    for letter in letters.bytes().take(10) {
        let value = ID_ALPHABET.iter().position(|known| *known == letter)?;
        head = (head << 5) | value as u64;
    }
    // Ten letters are 50 bits, of which the first 48 are the head.
    let account = ((head >> 2) >> 7) & 0xff_ffff_ffff;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

fn base32(bytes: &[u8; KEY_BYTES]) -> String {
    let number = bytes.iter().fold(0u128, |number, byte| (number << 8) | u128::from(*byte));
    (0..16u32)
        .rev()
        .map(|place| {
            let index = (number >> (place * 5)) & 31;
            char::from(ID_ALPHABET[index as usize])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_keys_hold_their_account() {
        let chance = Chance::from_seed(1);
        for account in ["000000000000", "111122223333", "999999999999"] {
            let key = access_key(&chance, "AKIA", account);
            assert_eq!(key.len(), 20);
            assert_eq!(account_of_access_key(&key).as_deref(), Some(account), "{key}");
        }
        // The worked example in Truffle Security's "A surprise from AWS access keys".
        assert_eq!(account_of_access_key("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account_of_access_key("test"), None);
        assert_eq!(account_of_access_key("AKIAé23456789012"), None);
    }

    #[test]
    fn ids_have_the_lengths_of_aws() {
        let chance = Chance::from_seed(1);
        assert_eq!(unique(&chance, "AROA").len(), 21);
        assert_eq!(secret(&chance).len(), 40);
    }
}
