//! Which addresses may be contacted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The operator's configuration names the host: anything but link-local addresses, where
    /// cloud platforms hand out credentials.
    Configured,
    /// The host was learned from a provider's reply: public addresses only.
    Learned,
}

impl Reach {
    /// Whether `address` may be contacted.
    pub fn allows(self, address: IpAddr) -> bool {
        let address = canonical(address);
        let metadata = is_metadata(address) || address.is_unspecified() || address.is_multicast();
        match self {
            Self::Configured => !metadata,
            Self::Learned => !metadata && !is_internal(address),
        }
    }
}

/// The IPv4 address inside an IPv6 one, where there is one (RFC 4291 section 2.5.5, RFC 6052).
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if !v6.is_loopback() && !v6.is_unspecified() => {
            embedded(high, low)
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        _ => address,
    }
}

fn embedded(high: u16, low: u16) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

/// Link-local addresses, and the one at which EC2 serves its metadata over IPv6.
fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local() || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = matches!(v4.octets(), [100, 64..=127, ..]);
            v4.is_loopback()
                || v4.is_private()
                || v4.is_broadcast()
                || shared
                || v4.octets()[0] == 0
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(reach: Reach, address: &str) -> bool {
        reach.allows(address.parse().unwrap())
    }

    #[test]
    fn t25_link_local_addresses_are_never_contacted() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(!allowed(Reach::Configured, address), "{address}");
            assert!(!allowed(Reach::Learned, address), "{address}");
        }
    }

    #[test]
    fn t25_learned_hosts_must_be_public() {
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "0.1.2.3",
            "255.255.255.255",
            "::1",
            "fc00::1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
        ] {
            assert!(allowed(Reach::Configured, address), "{address}");
            assert!(!allowed(Reach::Learned, address), "{address}");
        }
        for address in ["192.0.2.1", "8.8.8.8", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(allowed(Reach::Learned, address), "{address}");
        }
    }
}
