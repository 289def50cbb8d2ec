//! Reads credentials at every start from the environment or a file. They are stored nowhere.

use std::fs::{OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::{CliError, Deck, Env};
use crate::config::Credential;
use crate::domain::digest::hex;
use crate::provider::remote::secret::Secret;
use dialdeck_files as regular;

/// The file of the deck's own key, from which the addresses and tokens given to carriers are made.
const KEY_FILE: &str = "listener.key";

/// The longest credential file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The permissions of a key file: only its owner may read it.
const PRIVATE: u32 = 0o600;

/// Returns a credential. `what` is its name in error messages.
///
/// # Errors
///
/// Errors if the credential is missing or empty, or if it is a file that others may read.
pub(super) fn read(credential: &Credential, what: &str, env: &Env) -> Result<Secret, CliError> {
    match credential {
        Credential::Env(name) => match std::env::var(name) {
            Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
            Ok(_) | Err(_) => Err(CliError::failed(format!("{what}: {name} is not set")).hint(
                format!(
                    "export {name}=…, or name another variable or a file in {}",
                    env.config.display()
                ),
            )),
        },
        Credential::File(path) => {
            let folder = env.config.parent().unwrap_or(Path::new(""));
            from_file(&folder.join(path), what)
        }
    }
}

fn from_file(path: &Path, what: &str) -> Result<Secret, CliError> {
    let shown = path.display();
    let failed = |error: &std::io::Error| CliError::failed(format!("{what}: {shown}: {error}"));
    let mode = std::fs::metadata(path)
        .map_err(|error| failed(&error))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(
            CliError::failed(format!("{what}: {shown} may be read by others"))
                .hint(format!("chmod 600 {shown}")),
        );
    }
    let mut text = String::new();
    regular::open(path, OpenOptions::new().read(true))
        .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| failed(&error))?;
    let first = text.lines().next().unwrap_or_default().trim();
    if first.is_empty() {
        return Err(CliError::failed(format!("{what}: {shown} is empty"))
            .hint("write the credential into its first line"));
    }
    Ok(Secret::new(first))
}

/// Returns the deck's own key, and creates it if there is none. Returns a temporary key if nothing may be
/// written.
///
/// # Errors
///
/// Errors if the file can be neither read nor created.
pub(super) fn deck_key(env: &Env) -> Result<Secret, CliError> {
    let path = env.deck.join(KEY_FILE);
    // If there is no deck, a key would be taken for a part of a lost one.
    if (env.read_only || !Deck::exists(env)) && !path.exists() {
        return random();
    }
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(&path);
    match made {
        Ok(mut file) => {
            writeln!(file, "{}", random()?.expose())?;
            file.sync_all()?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            regular::check(&path).map_err(|error| CliError::file(&path, &error))?;
            std::fs::set_permissions(&path, Permissions::from_mode(PRIVATE))?;
        }
        Err(error) => return Err(CliError::file(&path, &error)),
    }
    from_file(&path, "the deck's own key")
}

fn random() -> Result<Secret, CliError> {
    let mut bytes = [0; 32];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| CliError::failed("the machine gives no random bytes"))?;
    Ok(Secret::new(hex(&bytes)))
}
