//! `Fn::Cidr`: a block of addresses cut into smaller blocks.

use std::net::IpAddr;

/// The host bits of each part when none are given.
pub(crate) const BITS_DEFAULT: u8 = 8;

/// The most parts that `Fn::Cidr` gives, by its documentation.
const COUNT_MAX: u128 = 256;

/// The first `count` parts of `block`, each with `bits` bits for hosts.
pub(crate) fn split(block: &str, count: &str, bits: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("Template error: Fn::Cidr ipBlock {block} is not a valid CIDR block");
    let (address, mask) = block.split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let mask: u32 = mask.parse().map_err(|_| wrong())?;
    let (value, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    if mask > width {
        return Err(wrong());
    }
    let count: u128 = match count.parse() {
        Ok(count) if (1..=COUNT_MAX).contains(&count) => count,
        _ => return Err("Template error: Fn::Cidr count must be between 1 and 256".to_owned()),
    };
    let too_many =
        || format!("Template error: Fn::Cidr cannot fit {count} blocks with {bits} CIDR bits in {block}");
    let bits: u32 = match bits.parse() {
        Ok(bits) if (1..width).contains(&bits) => bits,
        _ => return Err(too_many()),
    };
    let hosts = width - mask;
    // A part may not be larger than the block, and the block must hold `count` of them.
    if bits > hosts || (hosts - bits < 9 && count > 1u128 << (hosts - bits)) {
        return Err(too_many());
    }
    let network = match hosts {
        128 => 0,
        hosts => value >> hosts << hosts,
    };
    let part = |at: u128| {
        let start = network + (at << bits);
        let address = match width {
            32 => IpAddr::V4((start as u32).into()),
            _ => IpAddr::V6(start.into()),
        };
        format!("{address}/{}", width - bits)
    };
    Ok((0..count).map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the AWS documentation page "Fn::Cidr".
    #[test]
    fn cuts_blocks() {
        let parts = split("192.168.0.0/24", "6", "5").unwrap();
        assert_eq!(parts[0], "192.168.0.0/27");
        assert_eq!(parts[5], "192.168.0.160/27");
        assert_eq!(parts.len(), 6);
        assert_eq!(split("10.0.7.9/16", "2", "8").unwrap(), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(
            split("2600:1f18:abc:de00::/56", "2", "64").unwrap(),
            ["2600:1f18:abc:de00::/64", "2600:1f18:abc:de01::/64"]
        );
        assert_eq!(split("::/0", "2", "64").unwrap()[1], "0:0:0:1::/64");
        for (block, count, bits) in [
            ("10.0.0/16", "1", "8"),
            ("10.0.0.0/33", "1", "8"),
            ("10.0.0.0/24", "9", "5"),
            ("10.0.0.0/16", "0", "8"),
            ("10.0.0.0/16", "257", "4"),
            ("10.0.0.0/24", "1", "16"),
            ("10.0.0.0/16", "1", "0"),
        ] {
            assert!(split(block, count, bits).is_err(), "{block} {count} {bits}");
        }
    }
}
