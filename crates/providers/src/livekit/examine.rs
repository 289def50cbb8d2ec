//! Checks of an account that place no call.

use super::LiveKit;
use super::api::Trunk;
use super::failure::Failure;
use crate::remote::Examined;
use crate::{Owned, Unlisted};

impl LiveKit {
    /// Returns the numbers of the account's trunk.
    pub(super) async fn owned_numbers(&self) -> Result<Owned, Unlisted> {
        match self.api.trunk(&self.account.sip_trunk).await {
            Ok(Some(trunk)) => Ok(trunk.owned),
            Ok(None) => Err(Unlisted::TrunkUnknown(no_trunk())),
            Err(Failure::Refused(why)) if why.is_unauthorised() => {
                let text = format!("the API key or its secret is refused: {}", why.shown());
                Err(Unlisted::CredentialsRefused(text))
            }
            Err(failure) => Err(Unlisted::Failed(failure.shown())),
        }
    }

    /// Returns what was found out about credentials, clock, trunk and numbers.
    pub(super) async fn examined(&self) -> Vec<Examined> {
        let id = &self.account.sip_trunk;
        let trunk = self.api.trunk(id).await;
        let refused = matches!(&trunk, Err(Failure::Refused(why)) if why.is_unauthorised());
        // If the server accepts this key with a wider token, only the time of the first token was wrong.
        let clock_is_off = refused && self.api.takes_a_wide_token(id).await;
        let clock = if clock_is_off {
            Err(
                "this machine's clock and the server's differ by more than a minute: set both by NTP"
                    .to_owned(),
            )
        } else if trunk.is_ok() {
            Ok("within a minute of the server's".to_owned())
        } else {
            Err("cannot be compared: the server refused the request".to_owned())
        };
        let credentials = match &trunk {
            Ok(_) => Ok("accepted".to_owned()),
            Err(_) if clock_is_off => Ok("accepted, but for the clock".to_owned()),
            Err(_) if refused => Err(
                "refused: check the API key, its secret, and that they belong to this server"
                    .to_owned(),
            ),
            Err(failure) => Err(failure.shown()),
        };
        vec![
            examined("credentials", credentials),
            examined("clock", clock),
            examined("trunk", self.trunk_found(&trunk)),
            examined("numbers", numbers_found(&trunk)),
        ]
    }

    fn trunk_found(&self, trunk: &Result<Option<Trunk>, Failure>) -> Result<String, String> {
        match trunk {
            Ok(Some(_)) => Ok(format!("{} is there", self.account.sip_trunk)),
            Ok(None) => Err(no_trunk()),
            Err(failure) => Err(failure.shown()),
        }
    }
}

fn numbers_found(trunk: &Result<Option<Trunk>, Failure>) -> Result<String, String> {
    match trunk {
        Ok(Some(trunk)) => Ok(match &trunk.owned {
            Owned::These(numbers) => format!("{} on the trunk", numbers.len()),
            Owned::Any => {
                "the trunk names none, `*`, or some without a leading +: the deck file's \
                           word on which may be shown holds"
                    .to_owned()
            }
        }),
        Ok(None) => Err(no_trunk()),
        Err(failure) => Err(failure.shown()),
    }
}

fn no_trunk() -> String {
    "there is no such outbound trunk in this project: check `sip_trunk`".to_owned()
}

const fn examined(what: &'static str, found: Result<String, String>) -> Examined {
    Examined { what, found }
}
