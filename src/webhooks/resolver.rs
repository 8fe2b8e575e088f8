//! Names to addresses for the HTTP client: what is refused here is never connected to, whatever the name said before.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::domain::Reach;

type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = Arc<dyn Fn(String) -> Answer + Send + Sync>;

/// Every address of the name is one that must not be called.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that may be called")]
pub struct AddressRefused;

/// Asks the system, and passes on only addresses within the reach.
pub struct Resolver {
    reach: Reach,
    lookup: Lookup,
}

impl Resolver {
    /// The system's resolver.
    pub fn new(reach: Reach) -> Self {
        let lookup = |name: String| -> Answer {
            Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) })
        };
        Self { reach, lookup: Arc::new(lookup) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, answer) = (self.reach, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = answer.await?;
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| reach.covers(address.ip())).collect();
            if allowed.is_empty() {
                return Err(AddressRefused.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr, TcpListener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{Answer, Resolver};
    use crate::webhooks::domain::{Failure, Outcome, Reach, SigningSecret};
    use crate::webhooks::sender::Sender;
    use crate::webhooks::service::Message;

    /// A resolver that answers these addresses, one list after the other.
    fn scripted(answers: Vec<Vec<IpAddr>>) -> (Resolver, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let lookup = move |_: String| -> Answer {
            let index = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            let found = answers[index].iter().map(|address| SocketAddr::new(*address, 0)).collect();
            Box::pin(async move { Ok(found) })
        };
        (Resolver { reach: Reach::Public, lookup: Arc::new(lookup) }, asked)
    }

    #[tokio::test]
    async fn a_name_that_turns_to_a_private_address_is_never_connected_to() {
        let canary = TcpListener::bind("127.0.0.1:0").unwrap();
        canary.set_nonblocking(true).unwrap();
        let port = canary.local_addr().unwrap().port();
        let private: Vec<Vec<IpAddr>> =
            ["127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.169.254", "10.0.0.1"]
                .iter()
                .map(|text| vec![text.parse().unwrap()])
                .collect();
        let count = private.len();
        let (resolver, asked) = scripted(private);
        let sender = Sender::with(resolver, Duration::from_secs(5)).unwrap();
        let message = Message {
            // A port of its own, so that the canary is where a connection would go.
            url: format!("http://rebinding.empresa.mx:{port}/"),
            id: "a".to_owned(),
            body: b"{}".to_vec(),
            secrets: vec![SigningSecret::generate().unwrap()],
        };

        for _ in 0..count {
            assert_eq!(sender.post(&message, 0).await, Outcome::Failed(Failure::Address));
        }

        assert_eq!(asked.load(Ordering::Relaxed), count, "each attempt asks anew");
        assert!(canary.accept().is_err(), "the canary saw a connection");
    }
}
