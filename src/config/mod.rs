//! Files to typed settings: campaign files, the deck file and its embedded defaults.
//!
//! Every file is read whole and every fault in it is reported at once, each with its place, its key,
//! what is wrong and what to write instead. Unknown keys are faults.

mod campaign;
mod cross_check;
mod deck;
mod fault;
mod outside;
mod pools;
mod providers;
mod schedule;
mod source;
mod table;
mod typed;
mod value;
mod words;

pub use campaign::{CampaignFile, load_campaign, read_campaign};
pub use cross_check::Unmet;
pub use deck::{DEFAULTS, DeckConfig, LogLevel, load_deck, read_deck};
pub use fault::{ConfigError, ConfigErrors};
pub use outside::ListenerSettings;
pub use providers::{
    BubblyPhoneSettings, Credential, LiveKitSettings, PlumApi, PlumSettings, ProviderSettings,
    SimulatorSettings,
};
pub use value::parse_duration;

pub(crate) use fault::position;
pub(crate) use value::suggestion;

use std::path::Path;

/// The text of a file, or the fault that keeps it from being read.
pub(crate) fn read_text(path: &Path) -> Result<String, ConfigErrors> {
    let bytes = std::fs::read(path).map_err(|error| {
        ConfigErrors::single(
            path,
            format!("cannot be read: {error}"),
            "name a file that exists and may be read",
        )
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let valid = String::from_utf8_lossy(before);
        let (line, column) = position(&valid, valid.len());
        ConfigErrors(vec![ConfigError {
            file: path.display().to_string(),
            line,
            column,
            key: String::new(),
            message: "is not UTF-8 text".to_owned(),
            hint: "save the file as UTF-8".to_owned(),
        }])
    })
}
