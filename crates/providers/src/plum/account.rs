//! The settings of an account at Plum.

use crate::remote::secret::Secret;

/// One of Plum's two platforms, with the credentials for it.
#[derive(Clone, Debug)]
pub enum Platform {
    /// DEV: VoiceXML served by the deck's listener.
    Dev {
        /// The login, at most 128 characters.
        login: Secret,
        /// The PIN, at most 16 characters.
        pin: Secret,
        /// The user's VoiceXML to continue with once the callee type is known. It is fetched by GET with
        /// `callee_type` (`human`, `voicemail`, `unknown`) and `message_reference`. The call ends there if
        /// this is `None`. The document has to branch on the type itself, because the deck cannot hang up a
        /// Plum call.
        voicexml_url: Option<String>,
    },
    /// Fuse: an application deployed at Plum.
    Fuse {
        /// The e-mail address of the account.
        email: Secret,
        /// The developer key of the account.
        key: Secret,
        /// The id of the application.
        application: String,
        /// The id of the deployment.
        deployment: String,
    },
}

/// An account at Plum.
#[derive(Clone, Debug)]
pub struct Account {
    /// The address of its API, without a trailing slash: `https://outbound.plumvoice.com` (DEV) or
    /// `https://fuse.plumvoice.com/api` (Fuse). With `http://` the credentials travel in clear text.
    pub url: String,
    /// The platform and its credentials.
    pub platform: Platform,
    /// Whether calls may be marked as PCI. Requires that the deck's addresses are white-listed in Plum's PCI
    /// environment.
    pub pci: bool,
    /// The most queue requests that are in progress or were answered less than a second ago; at least 1.
    pub singles_per_second: u32,
}

impl Account {
    /// Returns whether this is a Fuse account. Only Fuse calls can be looked up.
    pub(super) const fn is_fuse(&self) -> bool {
        match self.platform {
            Platform::Dev { .. } => false,
            Platform::Fuse { .. } => true,
        }
    }

    /// Returns the credentials, which must not be stored or logged.
    pub(super) const fn secrets(&self) -> [&Secret; 2] {
        match &self.platform {
            Platform::Dev { login, pin, .. } => [login, pin],
            Platform::Fuse { email, key, .. } => [email, key],
        }
    }
}
