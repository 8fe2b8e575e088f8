//! Extractors that are the access policy: a handler that takes an [`Authorized`] runs for permitted callers only.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::{Actor, Caller, Identities};
use crate::kernel::Message;
use crate::platform::http::{RequestContext, path_of};
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// A permission that an operation asks for.
pub trait Permission: 'static {
    /// `<area>:<verb>`, such as `leads:write`.
    const NAME: &'static str;
}

/// A caller who was verified; the operation asks for no permission beyond that.
pub struct Authenticated {
    caller: Caller,
    actor: Actor,
}

impl Authenticated {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// The caller and their rights.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

/// A verified caller who holds the permission `P`.
pub struct Authorized<P> {
    who: Authenticated,
    permission: PhantomData<fn() -> P>,
}

impl<P> Authorized<P> {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.who.actor()
    }

    /// The caller and their rights.
    pub fn caller(&self) -> &Caller {
        self.who.caller()
    }
}

impl<P: Permission> Authorized<P> {
    /// A way to ask later whether the caller still may, for answers that go on for long.
    pub fn recheck(&self, request: &HttpRequest) -> Result<Recheck, Problem> {
        let identities = identities(request)?;
        Ok(Recheck { identities, bearer: bearer(request)?, permission: P::NAME })
    }
}

/// Asks again what [`Authorized`] asked: the token may have ended, and rights may have been taken, since.
pub struct Recheck {
    identities: Arc<dyn Identities>,
    bearer: String,
    permission: &'static str,
}

impl Recheck {
    /// 401 or 403 when the caller no longer may.
    pub async fn ask(&self) -> Result<(), Problem> {
        let caller = self.identities.verify(self.bearer.clone()).await?;
        if caller.may(self.permission) { Ok(()) } else { Err(Problem::forbidden(self.permission)) }
    }
}

impl<P: Permission> FromRequest for Authorized<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = authenticate(&request).await?;
            if !who.caller.may(P::NAME) {
                return Err(Problem::forbidden(P::NAME));
            }
            Ok(Self { who, permission: PhantomData })
        })
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Authenticated, Problem> {
    let bearer = bearer(request)?;
    let caller = identities(request)?.verify(bearer).await?;
    let context = RequestContext::of(request);
    context.set_caller(&caller);
    if let Some(limits) = request.app_data::<Data<Limits>>() {
        let standing = limits.check_caller(&caller, request.method().as_str(), route(request).as_str());
        if let Some(standing) = standing {
            request.extensions_mut().insert(standing.clone());
            standing.refusal().map_or(Ok(()), Err)?;
        }
    }
    let actor = Actor::verified(caller.tenant, caller.user, context.correlation().clone())
        .seeing(caller.sight.clone());
    Ok(Authenticated { caller, actor })
}

fn identities(request: &HttpRequest) -> Result<Arc<dyn Identities>, Problem> {
    let shared = request.app_data::<Data<Arc<dyn Identities>>>().ok_or_else(Problem::internal)?;
    Ok(Arc::clone(shared))
}

fn route(request: &HttpRequest) -> String {
    path_of(request).unwrap_or_default()
}

fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let missing = || {
        Problem::unauthorized(Message::new(
            "Send an access token or an API key as `Authorization: Bearer …`",
            "Envíe un token de acceso o una clave de API como `Authorization: Bearer …`",
        ))
    };
    let header = request.headers().get(AUTHORIZATION).ok_or_else(missing)?;
    let text = header.to_str().map_err(|_| missing())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing());
    }
    Ok(token.trim().to_owned())
}
