//! An account at Plum, as its owner describes it.

use crate::remote::secret::Secret;

/// Which of Plum's two platforms, and the credentials there.
#[derive(Clone, Debug)]
pub enum Platform {
    /// DEV: VoiceXML of our own, served by the listener.
    Dev {
        /// The login, at most 128 characters.
        login: Secret,
        /// The PIN, at most 16 characters.
        pin: Secret,
        /// VoiceXML of the owner's to go on with once the callee is known, fetched by GET with
        /// `callee_type` (`human`, `voicemail`, `unknown`) and `message_reference`; `None`: the call
        /// ends then. It has to branch by itself: nothing can be hung up from here.
        voicexml_url: Option<String>,
    },
    /// Fuse: an application deployed there.
    Fuse {
        /// The account's e-mail address.
        email: Secret,
        /// The developer key.
        key: Secret,
        /// The application's id.
        application: String,
        /// The deployment's id.
        deployment: String,
    },
}

/// An account at Plum.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where its API is, without a slash at its end: `https://outbound.plumvoice.com` (DEV) or
    /// `https://fuse.plumvoice.com/api` (Fuse). With `http://` the credentials travel in clear.
    pub url: String,
    /// The platform.
    pub platform: Platform,
    /// Whether calls may be marked PCI: its addresses are white-listed in Plum's PCI environment.
    pub pci: bool,
    /// Queue requests under way or answered less than a second ago, at most; from 1.
    pub singles_per_second: u32,
}

impl Account {
    /// Whether it is one of Fuse, whose calls can be asked about.
    pub(super) const fn is_fuse(&self) -> bool {
        match self.platform {
            Platform::Dev { .. } => false,
            Platform::Fuse { .. } => true,
        }
    }

    /// Everything of it that must not be kept.
    pub(super) const fn secrets(&self) -> [&Secret; 2] {
        match &self.platform {
            Platform::Dev { login, pin, .. } => [login, pin],
            Platform::Fuse { email, key, .. } => [email, key],
        }
    }
}
