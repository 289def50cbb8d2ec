//! What becomes of one request over a real socket: whether it may have been carried out, and that it is
//! sent once. Taking a request that was lost for one that was not sent would call twice.

use std::time::Duration;

use dialdeck::clock::{Clock, ScaledClock};
use dialdeck::provider::remote::http::{Answer, Http, NoAnswer};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer than any answer here takes.
const LIMIT: Duration = Duration::from_mins(5);

const FOUR_MIB: usize = 4 * 1024 * 1024;

/// The body of every request.
const BODY: &str = "to=+12125550101";

/// How the connection begins after which a server stops.
const LAST: &[u8; 4] = b"STOP";

/// What a server does with each connection.
#[derive(Clone, Debug)]
enum Does {
    /// Closes it without reading.
    Drops,
    /// Reads a request, writes this and closes it.
    Says(Vec<u8>),
    /// Reads a request, writes this and reads on until the client closes it.
    Holds(Vec<u8>),
}

/// A server that counts.
struct Server {
    port: u16,
    task: JoinHandle<Vec<usize>>,
}

impl Server {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(serve(listener, does));
        Self { port, task }
    }

    /// The requests of each connection so far. Connections are taken in order: this one is the last.
    async fn requests(self) -> Vec<usize> {
        let mut last = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        last.write_all(LAST).await.unwrap();
        last.write_all(b"\r\n\r\n").await.unwrap();
        self.task.await.unwrap()
    }
}

async fn serve(listener: TcpListener, does: Does) -> Vec<usize> {
    let mut counts = Vec::new();
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = BufReader::new(socket);
        let mut count = 0;
        let (says, holds) = match &does {
            Does::Drops => {
                let mut word = [0; 4];
                socket.get_ref().peek(&mut word).await.ok();
                if word == *LAST {
                    return counts;
                }
                counts.push(0);
                continue;
            }
            Does::Says(says) => (says, false),
            Does::Holds(says) => (says, true),
        };
        while let Some(first) = request(&mut socket).await {
            if first.as_bytes().starts_with(LAST) {
                return counts;
            }
            count += 1;
            // A client that has had enough closes it.
            socket.write_all(says).await.ok();
            if !holds {
                break;
            }
        }
        counts.push(count);
    }
}

/// Reads one request and returns its first line; `None`: the client has closed the connection.
async fn request(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let lower = line.trim().to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if lower.is_empty() {
            break;
        }
        if first.is_empty() {
            first = line;
        }
    }
    socket.read_exact(&mut vec![0; length]).await.ok()?;
    Some(first)
}

fn client() -> Http {
    Http::trusting(None, Clock::System).unwrap()
}

async fn post(http: &Http, url: &str) -> Result<Answer, NoAnswer> {
    http.send(http.post(url).body(BODY), LIMIT).await
}

/// Posts once to a server that does this; returns the answer and the requests of each connection.
async fn once(does: Does) -> (Result<Answer, NoAnswer>, Vec<usize>) {
    let server = Server::start(does).await;
    let url = format!("http://127.0.0.1:{}/calls", server.port);
    let answer = post(&client(), &url).await;
    (answer, server.requests().await)
}

fn with_length(length: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.resize(bytes.len() + length, b'x');
    bytes
}

#[tokio::test]
async fn without_a_connection_nothing_is_sent() {
    // Bound, and closed again at once.
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    // No name has a label of more than 63 octets (RFC 1035 2.3.4), so that no network is asked.
    let unknown = "x".repeat(64);
    for url in [
        format!("http://127.0.0.1:{refused}/calls"),
        format!("http://{unknown}.example/calls"),
        "https:///calls".to_owned(),
        "calls".to_owned(),
    ] {
        let answer = post(&client(), &url).await;
        assert!(
            matches!(answer, Err(NoAnswer::NotSent(_))),
            "{url}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn without_tls_nothing_is_sent() {
    for does in [
        Does::Drops,
        Does::Says(with_length(2)),
        // A fatal alert: handshake_failure (RFC 8446 6).
        Does::Says(vec![21, 3, 3, 0, 2, 2, 40]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = does.clone();
        let task = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            if let Does::Says(says) = answers {
                let mut hello = [0; 5];
                socket.read_exact(&mut hello).await.unwrap();
                socket.write_all(&says).await.unwrap();
            }
        });
        let answer = post(&client(), &format!("https://127.0.0.1:{port}/calls")).await;
        task.await.unwrap();
        assert!(
            matches!(answer, Err(NoAnswer::NotSent(_))),
            "{does:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_lost_and_not_asked_for_again() {
    let text = |text: &str| Does::Says(text.as_bytes().to_vec());
    for (cut, does) in [
        ("before the status line", text("")),
        ("in the status line", text("HTTP/1.1 2")),
        ("in the headers", text("HTTP/1.1 200 OK\r\ncontent-le")),
        (
            "after the headers",
            text("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"),
        ),
        (
            "in the body",
            text("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\""),
        ),
        (
            "in a chunk",
            text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"id\""),
        ),
        (
            "before the last chunk",
            text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        ),
        ("by what is no HTTP", text("220 smtp.example\r\n\r\n")),
    ] {
        let (answer, requests) = once(does).await;
        assert!(
            matches!(answer, Err(NoAnswer::Lost(_))),
            "{cut}: {answer:?}"
        );
        assert_eq!(requests, [1], "{cut}");
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_before_the_request_is_read_loses_it() {
    let (answer, requests) = once(Does::Drops).await;
    assert!(matches!(answer, Err(NoAnswer::Lost(_))), "{answer:?}");
    assert_eq!(requests.len(), 1, "connected once");
}

#[tokio::test]
async fn an_answer_is_read_up_to_four_mebibytes() {
    let (answer, requests) = once(Does::Says(with_length(FOUR_MIB))).await;
    assert_eq!(answer.unwrap().body.len(), FOUR_MIB);
    assert_eq!(requests, [1]);
    let (answer, requests) = once(Does::Says(with_length(FOUR_MIB + 1))).await;
    assert!(matches!(answer, Err(NoAnswer::Lost(_))), "{answer:?}");
    assert_eq!(requests, [1]);
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_lost_at_the_limit() {
    let start = "2026-12-07T15:30:00Z".parse().unwrap();
    for says in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\""] {
        let server = Server::start(Does::Holds(says.into())).await;
        let clock = Clock::Scaled(ScaledClock::start(start, 1_000));
        let http = Http::trusting(None, clock).unwrap();
        let url = format!("http://127.0.0.1:{}/calls", server.port);
        let sending = http.send(http.post(&url).body(BODY), LIMIT);
        let Err(NoAnswer::Lost(why)) = sending.await else {
            panic!("{says}: there is none");
        };
        assert_eq!(why, "no answer in time", "{says}");
        assert_eq!(server.requests().await, [1], "{says}");
    }
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let says =
            format!("HTTP/1.1 {status} Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n");
        let (answer, requests) = once(Does::Holds(says.into())).await;
        assert_eq!(answer.unwrap().status, status);
        assert_eq!(requests, [1], "{status}");
    }
}

#[tokio::test]
async fn every_status_is_an_answer_and_its_pause_is_read_in_seconds() {
    for (status, pause, wanted) in [
        (429, "retry-after: 7\r\n", Some(7)),
        (429, "Retry-After:  0 \r\n", Some(0)),
        (503, "retry-after: 3600\r\n", Some(3_600)),
        // No longer than an hour.
        (503, "retry-after: 86400\r\n", Some(3_600)),
        // A date, which RFC 9110 10.2.3 permits, gives none: its clock is another.
        (503, "retry-after: Mon, 07 Dec 2026 15:31:00 GMT\r\n", None),
        (503, "retry-after: soon\r\n", None),
        (429, "retry-after: -1\r\n", None),
        (500, "", None),
        (404, "", None),
        (201, "", None),
    ] {
        let says = format!(
            "HTTP/1.1 {status} X\r\n{pause}Content-Type: Application/JSON\r\n\
             content-length: 2\r\n\r\n{{}}"
        );
        let (answer, requests) = once(Does::Holds(says.into())).await;
        let wanted = Answer {
            status,
            retry_after: wanted.map(Duration::from_secs),
            content_type: "application/json".to_owned(),
            body: b"{}".to_vec(),
        };
        assert_eq!(answer, Ok(wanted), "{status} {pause}");
        assert_eq!(requests, [1], "{status} {pause}");
    }
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let server = Server::start(Does::Holds(with_length(2))).await;
    let url = format!("http://127.0.0.1:{}/calls", server.port);
    let http = client();
    for _ in 0..2 {
        assert_eq!(post(&http, &url).await.unwrap().status, 200);
        let read = http.send(http.get(&url), LIMIT).await;
        assert_eq!(read.unwrap().status, 200);
    }
    assert_eq!(server.requests().await, [1; 4]);
}
