//! Limits on connections: their number, and the time of each step.
//!
//! When all places are taken, the connection that has been idle for longest is closed, so that clients that
//! send nothing do not block others.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower_service::Service as _;

/// How long nothing is accepted after the operating system has refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Limits on the listener's connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections, at most; default 256.
    pub connections: usize,
    /// Open connections from one address, at most; default 128. A proxy on this machine is one address.
    pub per_address: usize,
    /// Time for a request's header, from the start of the connection or the previous answer; default 5 s.
    pub header: Duration,
    /// Time for a request's body; default 10 s.
    pub body: Duration,
    /// Time for the connection as a whole; default 60 s.
    pub life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            per_address: 128,
            header: Duration::from_secs(5),
            body: Duration::from_secs(10),
            life: Duration::from_mins(1),
        }
    }
}

/// Serves HTTP/1.1 until the task is dropped, which closes every connection.
pub(super) async fn serve(socket: TcpListener, routes: Router, limits: Limits) -> io::Result<()> {
    let places = Arc::new(Places::new(limits));
    let mut talks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            Some(_) = talks.join_next() => continue,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of resources; the failed connection is gone.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        if let Some(place) = Places::take(&places, peer) {
            talks.spawn(talk(stream, place, routes.clone(), limits));
        }
    }
}

async fn talk(stream: TcpStream, place: Arc<Place>, routes: Router, limits: Limits) {
    let here = Arc::clone(&place);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (mut routes, here) = (routes.clone(), Arc::clone(&here));
        async move {
            here.busy(true);
            let answer = routes.call(request.map(Body::new) as Request).await;
            here.busy(false);
            Ok::<_, Infallible>(match answer {
                Ok(answer) => answer,
                Err(never) => match never {},
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .serve_connection(TokioIo::new(stream), service);
    // In every case the client has to reconnect.
    tokio::select! {
        _ = connection => {}
        () = place.given_up.notified() => {}
        () = tokio::time::sleep(limits.life) => {}
    }
}

/// The places that connections take.
struct Places {
    limits: Limits,
    taken: Mutex<Numbered>,
}

/// Places by number. Numbers rise and are never reused, so the lowest number has waited longest.
#[derive(Default)]
struct Numbered {
    by_number: BTreeMap<u64, Taken>,
    next: u64,
}

impl Numbered {
    fn add(&mut self, taken: Taken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.by_number.insert(number, taken);
        number
    }
}

/// A place that a connection has taken.
struct Taken {
    address: IpAddr,
    busy: bool,
    given_up: Arc<Notify>,
}

/// A connection's place, which is freed when it is dropped.
struct Place {
    places: Arc<Places>,
    /// The key in `Numbered`. It changes only while the places are locked.
    number: AtomicU64,
    given_up: Arc<Notify>,
}

impl Places {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            taken: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a connection from this address. Returns `None` if all are busy.
    fn take(places: &Arc<Self>, peer: SocketAddr) -> Option<Arc<Place>> {
        let address = peer.ip();
        let mut taken = places.lock();
        let all = &taken.by_number;
        let own = all.values().filter(|one| one.address == address).count();
        let crowded = own >= places.limits.per_address;
        if crowded || all.len() >= places.limits.connections {
            let mut idle = all
                .iter()
                .filter(|(_, one)| !one.busy && (!crowded || one.address == address));
            let longest = idle.next().map(|(number, _)| *number)?;
            if let Some(one) = taken.by_number.remove(&longest) {
                one.given_up.notify_one();
            }
        }
        let given_up = Arc::new(Notify::new());
        let number = taken.add(Taken {
            address,
            busy: false,
            given_up: Arc::clone(&given_up),
        });
        Some(Arc::new(Place {
            places: Arc::clone(places),
            number: AtomicU64::new(number),
            given_up,
        }))
    }
}

impl Place {
    /// Records whether a request is being answered. If not, the place is idle from now on.
    fn busy(&self, busy: bool) {
        let mut taken = self.places.lock();
        let number = self.number.load(Ordering::Relaxed);
        // Missing if the place was given to another connection.
        if let Some(one) = taken.by_number.remove(&number) {
            let number = taken.add(Taken { busy, ..one });
            self.number.store(number, Ordering::Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let number = self.number.load(Ordering::Relaxed);
        self.places.lock().by_number.remove(&number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn peer(last: u8) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::new(192, 0, 2, last), 9))
    }

    #[test]
    fn the_longest_wait_gives_its_place_up() {
        let places = Arc::new(Places::new(Limits {
            connections: 3,
            per_address: 2,
            ..Limits::default()
        }));
        let take = |last| Places::take(&places, peer(last));
        let count = || places.lock().by_number.len();
        let (first, second) = (take(1).unwrap(), take(1).unwrap());
        // A third connection from one address closes the first from that address.
        let third = take(1).unwrap();
        drop(first);
        assert_eq!(count(), 2);
        let other = take(2).unwrap();
        assert_eq!(count(), 3);
        // Full: the connection that waited longest is closed, but never a busy one.
        second.busy(true);
        let more = take(3).unwrap();
        assert_eq!(count(), 3);
        for place in [&other, &more] {
            place.busy(true);
        }
        assert!(take(4).is_none());
        // Answered: it is idle from now on, and is closed again when there is no room.
        second.busy(false);
        assert!(take(4).is_some());
        drop((second, third, other, more));
        assert_eq!(count(), 0);
    }
}
