//! A double's place in its lab.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::lab::Hosted;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub enum Server {
    /// In its paused lab.
    Within(Hosted),
    /// On the loopback.
    Socket(Socket),
}

impl Server {
    /// Serves these routes on the loopback; port 0 takes a free one.
    pub(super) fn socket(port: u16, routes: Router) -> Self {
        Self::Socket(Socket::open(port, routes))
    }

    /// Returns its address, from `http://` to the port, if it has one.
    pub fn url(&self) -> String {
        match self {
            Self::Within(hosted) => hosted.url(),
            Self::Socket(socket) => format!("http://{}", socket.address),
        }
    }
}

/// A thread, a runtime and a socket.
#[derive(Debug)]
pub struct Socket {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Socket {
    fn open(port: u16, routes: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, bound) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    served = async { axum::serve(listener, routes).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self {
            address: bound.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
