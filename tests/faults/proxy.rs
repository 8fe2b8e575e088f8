//! A proxy on the loopback interface that spoils what passes: the eight faults that Toxiproxy names.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// What is done to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toxic {
    /// Nothing.
    None,
    /// Each piece comes later.
    Latency(Duration),
    /// Nobody is let in, and who is in is put out.
    Down,
    /// So many bytes a second.
    Bandwidth(u64),
    /// The end of a connection is told late.
    SlowClose(Duration),
    /// Nothing passes, and after this time the connection ends.
    Timeout(Duration),
    /// Connections are reset after this time.
    ResetPeer(Duration),
    /// Pieces of so many bytes, with a pause between them.
    Slicer(usize, Duration),
    /// The connection ends after so many bytes.
    LimitData(usize),
}

impl Toxic {
    /// The eight, in an order from mild to hard.
    pub const ALL: [Self; 8] = [
        Self::Latency(Duration::from_millis(50)),
        Self::Slicer(40, Duration::from_micros(200)),
        Self::Bandwidth(200_000),
        Self::SlowClose(Duration::from_secs(1)),
        Self::LimitData(60_000),
        Self::ResetPeer(Duration::from_millis(200)),
        Self::Timeout(Duration::from_secs(2)),
        Self::Down,
    ];
}

/// Where the other side listens.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// A port of the loopback interface.
    Port(u16),
    /// A Unix socket.
    Socket(PathBuf),
}

/// A proxy; dropping it ends it.
pub struct Proxy {
    /// Its port.
    pub port: u16,
    toxic: watch::Sender<Toxic>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// A proxy before `upstream`.
    #[expect(clippy::disallowed_methods, reason = "ends with the scenario")]
    pub async fn start(upstream: Upstream) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (toxic, seen) = watch::channel(Toxic::None);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { return };
                let (upstream, seen) = (upstream.clone(), seen.clone());
                tokio::spawn(async move { drop(serve(client, upstream, seen).await) });
            }
        });
        Self { port, toxic, accepting }
    }

    /// From now on, for old connections as for new ones.
    pub fn set(&self, toxic: Toxic) {
        self.toxic.send_replace(toxic);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.toxic.send_replace(Toxic::Down);
    }
}

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

async fn serve(client: TcpStream, upstream: Upstream, toxic: watch::Receiver<Toxic>) -> io::Result<()> {
    if *toxic.borrow() == Toxic::Down {
        return Ok(());
    }
    client.set_nodelay(true)?;
    let server: Box<dyn Both> = match upstream {
        Upstream::Port(port) => Box::new(TcpStream::connect(("127.0.0.1", port)).await?),
        Upstream::Socket(path) => Box::new(UnixStream::connect(path).await?),
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let there = pump(&mut from_client, &mut to_server, toxic.clone());
    let back = pump(&mut from_server, &mut to_client, toxic.clone());
    let ending = end(toxic.clone());
    // Whichever side ends first ends both.
    let reset = tokio::select! {
        _ = there => false,
        _ = back => false,
        reset = ending => reset,
    };
    let wait = match *toxic.borrow() {
        Toxic::SlowClose(wait) => wait,
        _ => Duration::ZERO,
    };
    sleep(wait).await;
    if reset && let Ok(client) = from_client.reunite(to_client) {
        client.set_zero_linger()?;
    }
    Ok(())
}

/// Comes back when the connection is to end, and whether by a reset.
async fn end(mut toxic: watch::Receiver<Toxic>) -> bool {
    loop {
        let now = *toxic.borrow_and_update();
        let (wait, reset) = match now {
            Toxic::Down => return false,
            Toxic::Timeout(wait) => (wait, false),
            Toxic::ResetPeer(wait) => (wait, true),
            _ => (Duration::MAX, false),
        };
        tokio::select! {
            () = sleep(wait.min(Duration::from_hours(1))) => return reset,
            changed = toxic.changed() => if changed.is_err() { return false },
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    toxic: watch::Receiver<Toxic>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut passed = 0;
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let piece = &buffer[..length];
        let now = *toxic.borrow();
        match now {
            Toxic::Latency(wait) => sleep(wait).await,
            Toxic::Bandwidth(a_second) => {
                sleep(Duration::from_secs(1).mul_f64(length as f64 / a_second as f64)).await;
            }
            // Swallowed.
            Toxic::Timeout(_) => continue,
            Toxic::Slicer(size, wait) => {
                for slice in piece.chunks(size) {
                    to.write_all(slice).await?;
                    to.flush().await?;
                    sleep(wait).await;
                }
                continue;
            }
            Toxic::LimitData(most) if passed + length > most => {
                to.write_all(&piece[..most.saturating_sub(passed).min(length)]).await?;
                return Ok(());
            }
            _ => {}
        }
        passed += length;
        to.write_all(piece).await?;
    }
}
