//! `{"cidr": "10.0.0.0/24"}`: addresses in a network, of either version.

use std::net::IpAddr;

use crate::Error;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads it, with the words of AWS for what is wrong (recorded for SNS in LocalStack's test_sns_filter_policy).
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.contains('/')) else {
            return Err(Error::new("Malformed CIDR, one '/' required"));
        };
        let bits: u32 =
            bits.parse().map_err(|_| Error::new("Malformed CIDR, mask bits must be an integer"))?;
        let address: IpAddr =
            address.parse().map_err(|_| Error::new(format_args!("Nonstandard IP address: {address}")))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if bits > most {
            return Err(Error::new(format_args!(
                "IPv{} mask bits must be < {most}",
                if most == 32 { 4 } else { 6 }
            )));
        }
        Ok(Self { address, bits })
    }

    /// Whether a text is an address in it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        match (self.address, text.parse::<IpAddr>()) {
            (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_their_network() {
        let holds = |network: &str, address: &str| Network::parse(network).unwrap().holds(address);
        assert!(holds("10.0.0.0/24", "10.0.0.255"));
        assert!(!holds("10.0.0.0/24", "10.0.1.0"));
        assert!(holds("0.0.0.0/0", "1.2.3.4"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1"));
        assert!(!holds("2001:db8::/32", "10.0.0.1"));
        assert!(!holds("10.0.0.0/24", "ten"));
    }

    #[test]
    fn what_is_wrong_has_the_words_of_aws() {
        let error = |text: &str| Network::parse(text).unwrap_err().to_string();
        assert_eq!(error("bad-filter"), "Malformed CIDR, one '/' required");
        assert_eq!(error("bad-filter/24"), "Nonstandard IP address: bad-filter");
        assert_eq!(error("10.0.0.0/xx"), "Malformed CIDR, mask bits must be an integer");
    }
}
