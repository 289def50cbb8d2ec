//! Whom a connection trusts: Mozilla's authorities, and those that the operator names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dialdeck::clock::Clock;
use dialdeck::provider::remote::http::{Http, NoAnswer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";

const UNUSABLE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/// An authority of one's own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server that this authority vouches for speaks with.
fn acceptor(authority: &CertifiedIssuer<'static, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let ring = rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(ring))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Asks the server once, trusting the authorities in this file as well.
async fn ask(more: Option<&Path>, port: u16) -> Result<u16, NoAnswer> {
    let http = Http::trusting(more, Clock::System).unwrap();
    let request = http.get(&format!("https://localhost:{port}/"));
    let answer = http.send(request, Duration::from_mins(1)).await?;
    Ok(answer.status)
}

/// A server that a new authority vouches for, which is put into this file; its port.
pub(crate) async fn serve(named: &Path) -> u16 {
    let authority = authority();
    // As in a system's bundle, beside one that cannot be used.
    std::fs::write(named, format!("{UNUSABLE}{}", authority.pem())).unwrap();
    let acceptor = acceptor(&authority);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(socket).await {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    asked.push(stream.read_u8().await.unwrap());
                }
                stream.write_all(ANSWER).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_once_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("authority.pem");
    let port = serve(&named).await;
    let Err(NoAnswer::NotSent(why)) = ask(None, port).await else {
        panic!("a stranger is trusted");
    };
    assert!(why.contains("certificate"), "{why}");
    assert_eq!(ask(Some(&named), port).await, Ok(200));
}

#[test]
fn a_file_of_authorities_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, wrong) in [
        ("gone.pem", None, "cannot be read"),
        ("empty.pem", Some(""), "holds no authority in PEM form"),
        (
            "broken.pem",
            Some(UNUSABLE),
            "holds no authority in PEM form",
        ),
    ] {
        let file = folder.path().join(name);
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let why = Http::trusting(Some(&file), Clock::System)
            .unwrap_err()
            .to_string();
        assert!(why.contains(name) && why.contains(wrong), "{why}");
    }
}
