//! What can be found out about an account without queueing a call, for `doctor`.

use super::account::Account;
use super::api::Api;
use super::redact::Redactor;
use crate::remote::Examined;
use crate::remote::http::NoAnswer;

/// Why plain HTTP is warned of.
pub(super) const PLAIN_HTTP: &str =
    "the credentials travel in clear: write https:// if Plum's server takes it";

/// Whether an account's credentials travel in clear.
pub(super) fn is_plain(account: &Account) -> bool {
    account.url.starts_with("http://")
}

/// Looks at the address, the server and, with Fuse, the credentials.
pub(super) async fn examine(account: &Account, api: &Api, redactor: &Redactor) -> Vec<Examined> {
    let told = |error: &NoAnswer| unreachable(account, &redactor.clean(&error.to_string()));
    let examined = if account.is_fuse() {
        Examined {
            what: "credentials",
            found: fuse(api).await.unwrap_or_else(|error| Err(told(&error))),
        }
    } else {
        Examined {
            what: "trunk",
            found: dev(api).await.map_err(|error| told(&error)),
        }
    };
    vec![examined]
}

/// DEV has no request that proves the credentials and queues nothing.
async fn dev(api: &Api) -> Result<String, NoAnswer> {
    let answer = api.front().await?;
    Ok(format!(
        "the server answers with {}; DEV checks login and PIN only with a call",
        answer.status
    ))
}

/// Asks for a call that cannot exist: whoever may ask is told that there is none.
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
    // Never tried by ourselves: whoever cuts the secure way would be handed the credentials.
    format!(
        "{why}; if Plum's server takes plain HTTP alone, write http:// and mind that the \
         credentials then travel in clear"
    )
}
