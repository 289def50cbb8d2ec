//! An HTTP client that sends each request once: it repeats nothing, follows no redirect and keeps no
//! connection open.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Request, RequestBuilder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::setup::SetupError;
use dialdeck_clock::Clock;

/// The longest body of an answer that is read, in bytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// How long a connection may take to be established, by the machine's clock.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest pause that is accepted from a `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// The environment variable that names a PEM file of additional certificate authorities.
const MORE_ROOTS: &str = "SSL_CERT_FILE";

/// An HTTP client that sends each request once.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    exchange: Arc<dyn Exchange>,
    clock: Clock,
}

/// The transport of one request to its server and of the reply back.
///
/// An implementation repeats nothing and follows no redirect. Dropping the future ends the exchange.
pub trait Exchange: fmt::Debug + Send + Sync {
    /// Sends a request and returns the whole reply.
    ///
    /// # Errors
    /// Errors if there is no reply. The error states whether the request may have been carried out.
    fn exchange(&self, request: Request) -> Exchanged<'_>;
}

/// The future that [`Exchange::exchange`] returns.
pub type Exchanged<'a> = Pin<Box<dyn Future<Output = Result<Reply, NoAnswer>> + Send + 'a>>;

/// The reply of a server, unchanged.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The headers of the reply.
    pub headers: HeaderMap,
    /// The raw bytes of the body.
    pub body: Vec<u8>,
}

/// Exchanges over the network.
impl Exchange for Client {
    fn exchange(&self, request: Request) -> Exchanged<'_> {
        Box::pin(async move {
            let mut response = self.execute(request).await.map_err(no_answer)?;
            let mut reply = Reply {
                status: response.status().as_u16(),
                headers: std::mem::take(response.headers_mut()),
                body: Vec::new(),
            };
            while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
                if reply.body.len() + chunk.len() > LONGEST_ANSWER {
                    return Err(NoAnswer::Lost("the answer is too long".to_owned()));
                }
                reply.body.extend_from_slice(&chunk);
            }
            Ok(reply)
        })
    }
}

/// The answer of a server, with any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The pause from `Retry-After`, given in seconds; at most one hour.
    pub retry_after: Option<Duration>,
    /// The media type of the body, in lower case.
    pub content_type: String,
    /// The raw bytes of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Returns the body as JSON, or `None` if it is not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No byte of the request has left, because it could not be built or there was no connection.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request may have been carried out, but its answer is lost.
    #[error("no answer: {0}")]
    Lost(String),
}

impl Http {
    /// Creates a client that trusts Mozilla's certificate authorities and those in the file that the
    /// environment variable `SSL_CERT_FILE` names.
    ///
    /// # Errors
    /// Errors as [`Http::trusting`] does.
    pub fn new(clock: Clock) -> Result<Self, SetupError> {
        let named = std::env::var_os(MORE_ROOTS).filter(|file| !file.is_empty());
        Self::trusting(named.map(PathBuf::from).as_deref(), clock)
    }

    /// Creates a client that trusts Mozilla's certificate authorities and those in a PEM file. Every request
    /// uses a new connection, because an idle one may be dead, and a request written into it would have to be
    /// repeated.
    ///
    /// # Errors
    /// Errors if the file cannot be read or holds no usable authority, or if the machine cannot use TLS.
    pub fn trusting(more: Option<&Path>, clock: Clock) -> Result<Self, SetupError> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        if let Some(file) = more {
            add_roots(&mut roots, file)?;
        }
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .map_err(|source| SetupError::Tls { source })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .referer(false)
            .user_agent(concat!("dialdeck/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| SetupError::Client { source })?;
        Ok(Self {
            exchange: Arc::new(client.clone()),
            client,
            clock,
        })
    }

    /// Returns this client with another transport.
    #[must_use]
    pub fn over(self, exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, ..self }
    }

    /// Returns the clock by which the client waits.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns a POST request, which is not sent yet.
    pub fn post(&self, url: &str) -> RequestBuilder {
        self.client.post(url)
    }

    /// Returns a GET request, which is not sent yet.
    pub fn get(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    /// Sends a request and returns its answer, within `limit` by the deck's clock.
    ///
    /// # Errors
    /// Errors if there is no answer. The error states whether the request may have been carried out.
    pub async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Answer, NoAnswer> {
        let sending = async {
            let request = request.build().map_err(no_answer)?;
            let reply = self.exchange.exchange(request).await?;
            let header = |name| {
                let value = reply.headers.get(name)?;
                value.to_str().ok().map(str::to_owned)
            };
            let retry_after = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok());
            let content_type = header(CONTENT_TYPE).unwrap_or_default();
            Ok(Answer {
                status: reply.status,
                retry_after: retry_after.map(|secs| Duration::from_secs(secs).min(LONGEST_PAUSE)),
                content_type: content_type.to_ascii_lowercase(),
                body: reply.body,
            })
        };
        tokio::time::timeout(self.clock.real_time(limit), sending)
            .await
            .unwrap_or_else(|_| Err(NoAnswer::Lost("no answer in time".to_owned())))
    }
}

/// Adds the authorities of a PEM file. Certificates of unknown kinds are skipped, because the file may be a
/// whole system's.
fn add_roots(roots: &mut RootCertStore, file: &Path) -> Result<(), SetupError> {
    let unread = |source| SetupError::RootsUnreadable {
        file: file.to_owned(),
        source,
    };
    let read = CertificateDer::pem_file_iter(file).map_err(unread)?;
    let certificates: Result<Vec<_>, _> = read.collect();
    let (added, left_out) = roots.add_parsable_certificates(certificates.map_err(unread)?);
    if left_out > 0 {
        tracing::warn!(left_out, "authorities of {MORE_ROOTS} that cannot be used");
    }
    match added {
        0 => Err(SetupError::NoRoots {
            file: file.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Returns the reason of an error without the address, which may hold a token.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let before = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    if before {
        NoAnswer::NotSent(text)
    } else {
        NoAnswer::Lost(text)
    }
}
