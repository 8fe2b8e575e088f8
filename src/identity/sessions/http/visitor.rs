//! Requests of people who have not signed in yet.

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use crate::identity::sessions::domain::Device;
use crate::platform::auth::CorrelationId;
use crate::platform::http::{RequestContext, client_address, place_of};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// Somebody unknown, whose address has not asked too often.
pub(in crate::identity) struct Visitor {
    /// The correlation id of the request.
    pub correlation: CorrelationId,
    /// What they use.
    pub device: Device,
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit(request))
    }
}

fn admit(request: &HttpRequest) -> Result<Visitor, Problem> {
    let ip = client_address(request);
    let place = ip.map_or_else(String::new, place_of);
    if let (Some(limits), Some(_)) = (request.app_data::<Data<Limits>>(), ip) {
        limits.check_address(&place)?;
    }
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let device = Device::new(agent, ip, place);
    Ok(Visitor { correlation: RequestContext::of(request).correlation().clone(), device })
}
