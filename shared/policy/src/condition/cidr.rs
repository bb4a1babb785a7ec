//! Blocks of IP addresses.

use std::net::IpAddr;

/// A block in CIDR notation. An IPv4 address mapped into IPv6 is that IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    prefix: u32,
}

impl Cidr {
    /// Takes an address, alone or with the length of its prefix. Bits behind it do not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let prefix = match prefix {
            Some(digits) => parse_prefix(digits)?,
            None => width(written),
        };
        if prefix > width(written) {
            return None;
        }
        let canonical = written.to_canonical();
        // 96 is the prefix of all mapped addresses; a shorter one covers true IPv6 as well.
        match prefix.checked_sub(width(written).saturating_sub(width(canonical))) {
            Some(prefix) => Some(Self {
                address: canonical,
                prefix,
            }),
            None => Some(Self {
                address: written,
                prefix,
            }),
        }
    }

    /// Whether an address in canonical form is in the block.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(block), IpAddr::V4(address)) => {
                let differing = block.to_bits() ^ address.to_bits();
                differing.checked_shr(32 - self.prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(block), IpAddr::V6(address)) => {
                let differing = block.to_bits() ^ address.to_bits();
                differing.checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// Parses an address into canonical form.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

fn parse_prefix(digits: &str) -> Option<u32> {
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}
