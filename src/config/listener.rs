//! How carriers and agents reach a deck, and how a deck reaches its owner's systems.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Serialize;

use super::providers::{Credential, credential, required_url};
use super::table::Table;

/// Where the listener listens, and its address on the internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListenerSettings {
    /// The address to listen on; default `127.0.0.1:8077`, behind a proxy that terminates TLS.
    pub address: SocketAddr,
    /// The listener's address for carriers and agents, without a slash at its end.
    pub public_url: String,
}

/// The listener's default port.
const PORT: u16 = 8077;

/// Reads `[listener]`. Returns `None` if the table is absent or has faults.
pub(super) fn listener(root: &mut Table<'_, '_>) -> Option<ListenerSettings> {
    if !root.has("listener") {
        root.know("listener");
        return None;
    }
    let mut table = root.sub("listener");
    let address = match table.text("address").map(str::parse) {
        None => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
        Some(Ok(address)) => Some(address),
        Some(Err(_)) => {
            let hint = format!("write address:port, such as 127.0.0.1:{PORT}");
            table.reject("address", "is not an address with a port", hint);
            None
        }
    };
    let hint = "name the address at which carriers reach it: public_url = \"https://…\"";
    let public_url = required_url(&mut table, "public_url", hint);
    if public_url
        .as_ref()
        .is_some_and(|url| !url.starts_with("http"))
    {
        table.reject("public_url", "is not a web address", "write https://…");
    }
    table.finish();
    Some(ListenerSettings {
        address: address?,
        public_url: public_url?,
    })
}

/// Reads `[results]`. Returns the source of the key that signs results; default the environment's
/// `DIALDECK_RESULTS_SECRET`.
pub(super) fn results_secret(root: &mut Table<'_, '_>) -> Credential {
    let mut table = root.sub("results");
    let secret = credential(&mut table, "secret", "DIALDECK_RESULTS_SECRET");
    table.finish();
    secret
}
