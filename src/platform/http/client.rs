//! Where a request comes from: the connection's address, or what proxies that we trust say of it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::web::Data;

/// The proxies whose `X-Forwarded-For` is believed; what anybody else writes there, anybody can write.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl TrustedProxies {
    /// A comma list of addresses and networks, such as `127.0.0.1, 10.0.0.0/8`; refused with the part that is neither.
    pub fn parse(list: &str) -> Result<Self, String> {
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| Network::parse(part).ok_or_else(|| part.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Who sent a request that came from `peer` with these `X-Forwarded-For` headers.
    fn client(&self, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
        let mut client = peer.to_canonical();
        // Each proxy writes behind the last, so that the end was written by the one that we know.
        let named = forwarded.iter().rev().flat_map(|header| header.rsplit(','));
        for address in named.map(|text| text.trim().parse::<IpAddr>()) {
            if !self.0.iter().any(|network| network.holds(client)) {
                break;
            }
            let Ok(address) = address else { break };
            client = address.to_canonical();
        }
        client
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address = address.parse::<IpAddr>().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix =
            prefix.map_or(Some(most), |prefix| prefix.parse().ok()).filter(|prefix| *prefix <= most)?;
        Some(Self { address, prefix })
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(32 - self.prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The address that `request` comes from; none where there is no connection.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded: Vec<&str> =
        request.headers().get_all("X-Forwarded-For").filter_map(|header| header.to_str().ok()).collect();
    let trusted = request.app_data::<Data<TrustedProxies>>();
    Some(trusted.map_or(peer.to_canonical(), |trusted| trusted.client(peer, &forwarded)))
}

/// What one person has: an IPv4 address, or a /64 of IPv6, of which they can use any address.
pub fn place_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_counted_once() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(place_of(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (trusted, peer, forwarded, expected) in [
            ("", "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.0/8", "10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            // What the client wrote itself stands before what the proxy wrote.
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8, 192.0.2.1", "192.0.2.1", &["198.51.100.7, 10.0.0.1"], "198.51.100.7"),
            ("10.0.0.0/8", "10.1.2.3", &["nonsense"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &[], "10.1.2.3"),
            ("0.0.0.0/0", "10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            ("2001:db8::/32", "2001:db8::1", &["198.51.100.7"], "198.51.100.7"),
            ("2001:db8::/32", "2001:db9::1", &["198.51.100.7"], "2001:db9::1"),
        ] {
            let client = TrustedProxies::parse(trusted).unwrap().client(peer.parse().unwrap(), forwarded);
            assert_eq!(client.to_string(), expected, "{trusted} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for list in ["nonsense", "10.0.0.0/33", "10.0.0.0/x", "::/129", "10.0.0.1:80"] {
            assert_eq!(TrustedProxies::parse(&format!("127.0.0.1, {list}")).unwrap_err(), list);
        }
    }
}
