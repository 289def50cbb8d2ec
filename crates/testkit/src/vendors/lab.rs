//! Where a test's clients and servers meet, and by which clock they wait.
//!
//! In a paused lab everything is in one process: a request is handed from its client to the server's
//! routes, and time jumps to the next timer as soon as there is nothing else to do. Such a test takes as
//! long as its own work, and a machine that stands still for a while changes nothing in it. In a lab of
//! sockets a server has a thread and a port, and time is the clock's own.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::HOST;
use axum::http::{HeaderValue, Uri};
use dialdeck_clock::{Clock, Timekeeper};
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::remote::http::{Exchange, Exchanged, Http, NoAnswer, Reply};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::faults::dice;
use super::server::Server;

/// How long a message is on its way in a paused lab. Without it, those who ask again and again would get
/// their answers in no time, and time would never go on.
const LATENCY: Duration = Duration::from_millis(10);

/// How often one instant is read at most. Time goes on only when there is nothing else to do.
const MOST_READS: usize = 1_000_000;

/// The most of a body in a paused lab.
const LONGEST_BODY: usize = 8 << 20;

/// What a network does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The connection is reset after the server has acted on the request.
    ResetAfter,
    /// The server acts on the request and never answers.
    SilentAfter,
    /// The server accepts the connection, and neither acts nor answers.
    SilentBefore,
}

/// A share of the requests that fail.
#[derive(Clone, Copy, Debug)]
pub struct Failing {
    /// A part of their method and path, where `$` is the end: `/calls$`.
    pub request: &'static str,
    pub failure: Failure,
    pub of_thousand: u64,
}

/// A lab; clones are the same one.
#[derive(Clone, Debug)]
pub struct Lab(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    clock: Clock,
    /// `None`: sockets.
    net: Option<Net>,
    runtime: Runtime,
}

impl Lab {
    /// Creates a lab whose time starts here and jumps.
    pub fn paused(start: Timestamp) -> Self {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().unwrap();
        let keeper = Paused {
            runtime: runtime.handle().clone(),
            start,
            started: runtime.block_on(async { Instant::now() }),
            reads: Mutex::new((start, 0)),
        };
        Self(Arc::new(Parts {
            clock: Clock::Kept(Arc::new(keeper)),
            net: Some(Net::default()),
            runtime,
        }))
    }

    /// Creates a lab of sockets by this clock.
    pub fn sockets(clock: Clock) -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().unwrap();
        Self(Arc::new(Parts {
            clock,
            net: None,
            runtime,
        }))
    }

    /// Returns the clock by which everybody in it waits.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the present instant.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Creates a client whose requests reach the lab's servers.
    pub fn http(&self) -> Http {
        let http = Http::new(self.0.clock.clone()).unwrap();
        match &self.0.net {
            Some(net) => http.over(Arc::new(net.clone())),
            None => http,
        }
    }

    /// Starts a server of these routes. `port`: that of a socket; 0 takes a free one.
    pub fn serve(&self, port: u16, routes: Router) -> Server {
        match &self.0.net {
            Some(net) => Server::Within(net.host(routes)),
            None => Server::socket(port, routes),
        }
    }

    /// Returns a name in a paused lab for a server that is yet to be made; `None` in a lab of sockets.
    pub fn reserve(&self) -> Option<Hosted> {
        let net = self.0.net.as_ref()?;
        Some(net.host(Router::new()))
    }

    /// Lets requests fail from now on. Only a paused lab has a network that can.
    pub fn fail(&self, failing: &[Failing]) {
        let net = self.0.net.as_ref().unwrap();
        net.0.lock().unwrap().failing = failing.to_vec();
    }

    /// Returns how many requests have failed.
    pub fn failed(&self) -> u64 {
        let net = self.0.net.as_ref();
        net.map_or(0, |net| net.0.lock().unwrap().failed)
    }

    /// Returns the runtime of the vendors, and in a paused lab of the servers, too.
    pub fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// Runs this to its end beside everything else.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.runtime.block_on(future)
    }

    /// Lets this much of the lab's time pass.
    pub fn pass(&self, span: Duration) {
        let span = self.0.clock.real_time(span);
        self.run(async { tokio::time::sleep(span).await });
    }
}

/// The time of a paused runtime.
#[derive(Debug)]
struct Paused {
    runtime: Handle,
    start: Timestamp,
    started: Instant,
    /// The last instant that was read, and how often.
    reads: Mutex<(Timestamp, usize)>,
}

impl Timekeeper for Paused {
    fn now(&self) -> Timestamp {
        // Outside a runtime an `Instant` is the machine's.
        let _inside = self.runtime.enter();
        let now = self.start + self.started.elapsed();
        let mut reads = self.reads.lock().unwrap();
        let again = if reads.0 == now { reads.1 + 1 } else { 0 };
        *reads = (now, again);
        assert!(again < MOST_READS, "time stands still: a task never ends");
        now
    }
}

/// The servers of a paused lab, by the name of their host; clones share them.
#[derive(Clone, Debug, Default)]
struct Net(Arc<Mutex<Hosts>>);

#[derive(Debug, Default)]
struct Hosts {
    routes: BTreeMap<String, Router>,
    named: usize,
    failing: Vec<Failing>,
    /// Requests that might have failed.
    tried: u64,
    failed: u64,
}

impl Hosts {
    /// Returns what the network does to the next request, drawn for each.
    fn failure(&mut self, request: &str) -> Option<Failure> {
        let mut failing = self.failing.iter();
        let known = failing.find(|one| request.contains(one.request))?;
        self.tried += 1;
        let drawn = dice(self.tried, &[request]) % 1000;
        let failure = (drawn < known.of_thousand).then_some(known.failure);
        self.failed += u64::from(failure.is_some());
        failure
    }
}

impl Net {
    fn host(&self, routes: Router) -> Hosted {
        let mut hosts = self.0.lock().unwrap();
        hosts.named += 1;
        let name = format!("host-{}.test", hosts.named);
        hosts.routes.insert(name.clone(), routes);
        let net = self.clone();
        Hosted { net, name }
    }
}

/// A server in a paused lab, until it is dropped.
#[derive(Debug)]
pub struct Hosted {
    net: Net,
    name: String,
}

impl Hosted {
    /// Serves these routes from now on.
    pub fn serve(&self, routes: Router) {
        let mut hosts = self.net.0.lock().unwrap();
        hosts.routes.insert(self.name.clone(), routes);
    }

    /// Returns `http://` and its name.
    pub fn url(&self) -> String {
        format!("http://{}", self.name)
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.net.0.lock().unwrap().routes.remove(&self.name);
    }
}

impl Exchange for Net {
    fn exchange(&self, request: reqwest::Request) -> Exchanged<'_> {
        Box::pin(async move {
            let name = request.url().host_str().unwrap_or_default().to_owned();
            let routes = self.0.lock().unwrap().routes.get(&name).cloned();
            let routes = routes.ok_or_else(|| NoAnswer::NotSent("nobody listens".to_owned()))?;
            let asked = format!("{} {}$", request.method(), request.url().path());
            let failure = self.0.lock().unwrap().failure(&asked);
            let request = received(request, &name).await;
            tokio::time::sleep(LATENCY).await;
            if failure == Some(Failure::SilentBefore) {
                std::future::pending::<()>().await;
            }
            // A task of its own, as behind a socket: where it panics the connection is cut, and it ends
            // with its client.
            let answering = EndsWithClient(tokio::spawn(answer(routes, request)));
            let answered = answering.await;
            tokio::time::sleep(LATENCY).await;
            match failure {
                Some(Failure::ResetAfter) => {
                    return Err(NoAnswer::Lost("connection reset by peer".to_owned()));
                }
                Some(Failure::SilentAfter) => std::future::pending::<()>().await,
                Some(Failure::SilentBefore) | None => {}
            }
            match answered {
                Ok(Ok(reply)) => Ok(reply),
                Ok(Err(error)) => Err(NoAnswer::Lost(error.to_string())),
                Err(_) => Err(NoAnswer::Lost("the connection was closed".to_owned())),
            }
        })
    }
}

/// Returns a request as its server gets it: its path alone, and its host in a header.
async fn received(request: reqwest::Request, host: &str) -> axum::extract::Request {
    let request = axum::http::Request::<reqwest::Body>::try_from(request).unwrap();
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse::<Uri>().unwrap();
    let host = HeaderValue::from_str(host).unwrap();
    head.headers.insert(HOST, host);
    let body = to_bytes(Body::new(body), LONGEST_BODY).await.unwrap();
    axum::extract::Request::from_parts(head, Body::from(body))
}

async fn answer(routes: Router, request: axum::extract::Request) -> Result<Reply, axum::Error> {
    let Ok(response) = routes.oneshot(request).await;
    let (head, body) = response.into_parts();
    Ok(Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: to_bytes(body, LONGEST_BODY).await?.to_vec(),
    })
}

/// A task that is aborted when it is waited for no longer.
struct EndsWithClient<T>(JoinHandle<T>);

impl<T> Future for EndsWithClient<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for EndsWithClient<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
