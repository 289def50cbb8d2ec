//! Why a client cannot be created.

use std::path::PathBuf;
use std::str::FromStr;

/// Why a client for a vendor cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The file with further certificate authorities cannot be read.
    #[error("SSL_CERT_FILE names {}, which cannot be read: {source}", file.display())]
    RootsUnreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The file with further certificate authorities holds none.
    #[error("SSL_CERT_FILE names {}, which holds no authority in PEM form that can be trusted", file.display())]
    NoRoots {
        /// The file.
        file: PathBuf,
    },
    /// The machine cannot use TLS.
    #[error("{source}")]
    Tls {
        /// What TLS lacks.
        source: rustls::Error,
    },
    /// The HTTP client cannot be built.
    #[error("{source}")]
    Client {
        /// What is wrong with it.
        source: reqwest::Error,
    },
    /// The address of the API is not a URL.
    #[error("the API's address: {source}")]
    Address {
        /// What is wrong with it.
        source: <reqwest::Url as FromStr>::Err,
    },
    /// The address of the API is a URL of another scheme.
    #[error("the API's address must begin with https://")]
    Scheme,
    /// The vendor calls back, and the deck has no listener.
    #[error(
        "Plum asks the dialer what to say and reports every end to it: the deck needs a [listener] with the \
         address under which Plum reaches it"
    )]
    NoListener,
    /// The listener's public address is too long for the vendor.
    #[error(
        "Plum takes addresses of {limit} characters at most: the listener's public address and the trunk's \
         name together are too long"
    )]
    AddressTooLong {
        /// The most characters that the vendor takes.
        limit: usize,
    },
}
