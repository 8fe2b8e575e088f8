//! Requests of people who have not signed in yet.

use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use crate::platform::auth::CorrelationId;
use crate::platform::http::RequestContext;
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// Somebody unknown, whose address has not asked too often.
pub(super) struct Visitor {
    /// The correlation id of the request.
    pub correlation: CorrelationId,
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit(request))
    }
}

// The address is that of the connection: what `X-Forwarded-For` says, anybody can write.
fn admit(request: &HttpRequest) -> Result<Visitor, Problem> {
    if let (Some(limits), Some(address)) = (request.app_data::<Data<Limits>>(), request.peer_addr()) {
        limits.check_address(&place(address.ip()))?;
    }
    Ok(Visitor { correlation: RequestContext::of(request).correlation().clone() })
}

/// What one person has: an IPv4 address, or a /64 of IPv6, of which they can use any address.
fn place(address: IpAddr) -> String {
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
    use super::place;

    #[test]
    fn one_person_is_counted_once() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(place(address.parse().unwrap()), expected);
        }
    }
}
