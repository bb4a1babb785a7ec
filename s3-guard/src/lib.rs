//! Guards an S3 server built with s3s: who may do what, with users' keys and sessions.
//!
//! s3s verifies signatures and the chunks of bodies, but knows nothing of session tokens,
//! accepts Signature Version 2 and signatures for another service, and decides nothing.
//! [`S3Guard`] stands in front of it. It verifies the whole head of a request by the rules of
//! this service, decides what the request asks for, and only then lets s3s see it. s3s gets
//! the secret of the verified caller for this one request, and whatever it makes of the
//! request must be the very operation that was allowed.

mod denied;
mod hooks;
mod keys;
mod request;
mod tags;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use domain::permissions;
use domain::request::RequestFacts;
use domain::verify::{Guard, GuardStore, Verified};
use futures_util::FutureExt as _;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, header};
use s3s::Body;
use s3s::service::{S3Service, S3ServiceBuilder};
use sigv4::Payload;

use denied::Denied;
use hooks::{CURRENT, Granted, Hooks};
use request::Head;

pub use keys::KeyStyle;
pub use tags::ObjectTags;

/// An S3 server that asks before it does anything.
#[derive(Debug)]
pub struct S3Guard<S> {
    guard: Arc<Guard<S>>,
    s3: S3Service,
    keys: KeyStyle,
    tags: Option<Arc<dyn ObjectTags>>,
}

/// What is known of the connection that a request came over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connection {
    /// The peer's address; behind a proxy, what the proxy vouches for.
    pub peer: Option<IpAddr>,
    /// Whether the client spoke TLS.
    pub is_tls: bool,
}

impl<S: GuardStore> S3Guard<S> {
    /// Puts `guard` in front of an S3 server. Replaces the builder's own authentication and
    /// access control. Requests must be path-style, and signed for a region of the settings.
    pub fn new(guard: Arc<Guard<S>>, mut s3: S3ServiceBuilder, keys: KeyStyle) -> Self {
        s3.set_auth(Hooks);
        s3.set_access(Hooks);
        Self {
            guard,
            s3: s3.build(),
            keys,
            tags: None,
        }
    }

    /// Lets policies ask which tags an object has. Without it that cannot be known, so that an
    /// Allow that depends on it does not apply and a Deny does.
    #[must_use]
    pub fn with_tags(self, tags: Arc<dyn ObjectTags>) -> Self {
        Self {
            tags: Some(tags),
            ..self
        }
    }

    /// Answers one request. A store that panics fails that request alone.
    pub async fn call(&self, mut request: Request<Body>, connection: Connection) -> Response<Body> {
        add_host(&mut request);
        // Nothing of this request is used again after a panic; the store answers for its own state.
        let serving = AssertUnwindSafe(self.serve(request, connection));
        let served = serving.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("the store panicked");
            Err(Denied::Internal)
        });
        served.unwrap_or_else(Denied::into_response)
    }

    /// Decides, which may ask the store for tags, and lets s3s serve what is allowed.
    async fn serve(
        &self,
        request: Request<Body>,
        connection: Connection,
    ) -> Result<Response<Body>, Denied> {
        let granted = self.grant(&request, connection).await;
        let granted = granted.inspect_err(|denied| tracing::info!(reason = %denied, "refused"))?;
        let served = CURRENT.scope(granted, self.s3.call(request)).await;
        served.map_err(|error| {
            tracing::error!(?error, "s3s failed");
            Denied::Internal
        })
    }

    /// Verifies and decides; where policies may depend on the body, the hooks decide.
    async fn grant(
        &self,
        request: &Request<Body>,
        connection: Connection,
    ) -> Result<Arc<Granted>, Denied> {
        let head = Head::of(request)?;
        if head.has_signature_version_2() {
            return Err(Denied::SignatureVersion2);
        }
        let watch = self.guard.watch().await?;
        let verified = watch
            .verify(&head.signed(), &watch.rules("s3"), Payload::Declared)
            .await?;
        let operation = s3::operation(head.method, head.path, head.query, |name| head.get(name))?;
        let Verified {
            caller, moments, ..
        } = verified;
        let source_ip = connection.peer.map(|peer| peer.to_canonical().to_string());
        let facts = RequestFacts {
            source_ip: source_ip.as_deref(),
            secure_transport: connection.is_tls,
            user_agent: head.get("user-agent"),
            referer: head.get("referer"),
        };
        let granted = Granted {
            context: permissions::context(&caller, Some(&facts), moments.now),
            moments,
            rights: watch.rights(&caller).await?,
            secret: watch.secret(&caller)?,
            access_key: caller.access_key().to_string(),
            keys: self.keys,
            tags: self.tags.clone(),
            operation,
        };
        if !granted.decides_later() {
            granted.decide(granted.operation.clone()).await?;
        }
        Ok(Arc::new(granted))
    }
}

/// HTTP/2 has the host in the URI; signers sign it as the header.
fn add_host(request: &mut Request<Body>) {
    let host = request.uri().authority().map(Authority::as_str);
    if let Some(Ok(host)) = host.map(HeaderValue::from_str)
        && !request.headers().contains_key(header::HOST)
    {
        request.headers_mut().insert(header::HOST, host);
    }
}
