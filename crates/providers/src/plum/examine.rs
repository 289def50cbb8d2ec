//! Checks of an account that queue no call, for `doctor`.

use super::account::Account;
use super::api::Api;
use super::redact::Redactor;
use crate::remote::Examined;
use crate::remote::http::NoAnswer;

/// The warning about plain HTTP.
pub(super) const PLAIN_HTTP: &str =
    "the credentials travel in clear: write https:// if Plum's server takes it";

/// Returns whether the account's credentials travel in clear text.
pub(super) fn is_plain(account: &Account) -> bool {
    account.url.starts_with("http://")
}

/// Returns what was found out about the address, the server and, with Fuse, the credentials.
pub(super) async fn examine(account: &Account, api: &Api, redactor: &Redactor) -> Vec<Examined> {
    let failed = |error: &NoAnswer| unreachable(account, &redactor.clean(&error.to_string()));
    let examined = if account.is_fuse() {
        Examined {
            what: "credentials",
            found: fuse(api).await.unwrap_or_else(|error| Err(failed(&error))),
        }
    } else {
        Examined {
            what: "trunk",
            found: dev(api).await.map_err(|error| failed(&error)),
        }
    };
    vec![examined]
}

/// Requests the front page. DEV has no request that verifies the credentials without queueing a call.
async fn dev(api: &Api) -> Result<String, NoAnswer> {
    let answer = api.front().await?;
    Ok(format!(
        "the server answers with {}; DEV checks login and PIN only with a call",
        answer.status
    ))
}

/// Asks for a call that cannot exist. Fuse answers valid credentials with 404.
async fn fuse(api: &Api) -> Result<Result<String, String>, NoAnswer> {
    Ok(match api.details("0").await?.status {
        200 | 404 => Ok("Fuse takes the credentials".to_owned()),
        401 => Err(
            "Fuse refuses the e-mail address or developer key, or the account is inactive"
                .to_owned(),
        ),
        status => Err(format!("Fuse answers with {status}: check `url`")),
    })
}

fn unreachable(account: &Account, why: &str) -> String {
    if is_plain(account) {
        return why.to_owned();
    }
    // The program never tries plain HTTP on its own, because an attacker who blocks HTTPS would then receive
    // the credentials.
    format!(
        "{why}; if Plum's server takes plain HTTP alone, write http:// and mind that the \
         credentials then travel in clear"
    )
}
