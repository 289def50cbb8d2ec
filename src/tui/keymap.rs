//! The key map: the embedded keys, a user's `keys.toml` that overrides them, and the printed table.

use std::path::Path;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::action::{Action, Group};
use super::keys::Key;
use super::settings_file::{self, Entry, Value};
use crate::config::{ConfigError, ConfigErrors, suggestion};

/// The keys as shipped, in the form of a user's own file.
pub const DEFAULTS: &str = include_str!("keys.toml");

const FILE: &str = "built-in keys.toml";

/// The action of each key. No key has two actions, and stopping always has a key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMap {
    bindings: Vec<Binding>,
}

#[derive(Clone, Debug, PartialEq)]
struct Binding {
    key: Key,
    action: Action,
}

impl KeyMap {
    /// Returns the keys as shipped.
    ///
    /// # Panics
    /// Panics if the embedded file is not valid. A test reads it.
    pub fn embedded() -> Self {
        Self::merged(Vec::new()).expect("the embedded keys are right")
    }

    /// Reads a user's file. Its entry for an action replaces the shipped keys of that action.
    ///
    /// # Errors
    /// Errors if the file cannot be read, has unknown actions or keys, gives one key to two actions, leaves
    /// `pause` without a key, or leaves `stop_everything` without a key that works in text fields. All faults
    /// are reported together.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        Self::merged(settings_file::load(path)?)
    }

    /// Reads a user's keys from a text, as [`KeyMap::load`] does. `file` is the name that errors refer to.
    ///
    /// # Errors
    /// Errors if the text is not valid, as [`KeyMap::load`].
    pub fn read(file: &str, text: &str) -> Result<Self, ConfigErrors> {
        Self::merged(settings_file::read(file, text)?)
    }

    /// Returns the action of a key event; `None` if it has none or is not a press. Some terminals also send
    /// repeats and releases.
    pub fn action(&self, event: KeyEvent) -> Option<Action> {
        let key = Key::from(event);
        self.bindings
            .iter()
            .find(|binding| binding.key == key && event.kind == KeyEventKind::Press)
            .map(|binding| binding.action)
    }

    /// Returns the first key of an action, for hints; empty if it is in the palette only.
    pub fn key(&self, action: Action) -> String {
        let first = self.of(action).next();
        first.map_or_else(String::new, |key| key.to_string())
    }

    /// Returns every key of an action: `j Down`; empty if it is in the palette only.
    pub fn keys(&self, action: Action) -> String {
        let keys: Vec<_> = self.of(action).map(|key| key.to_string()).collect();
        keys.join(" ")
    }

    /// Returns the table of the reference: keys, actions and their sentences, by group.
    pub fn markdown(&self) -> String {
        let mut rows = vec!["| key | act | what it does |\n|---|---|---|\n".to_owned()];
        for group in Group::ALL {
            for action in Action::ALL.iter().filter(|action| action.group() == group) {
                let keys: Vec<_> = self.of(*action).map(|key| format!("`{key}`")).collect();
                let keys = if keys.is_empty() {
                    "palette".to_owned()
                } else {
                    keys.join(" ")
                };
                let (name, sentence) = (action.name(), action.sentence());
                rows.push(format!("| {keys} | `{name}` | {sentence} |\n"));
            }
        }
        rows.concat()
    }

    fn of(&self, action: Action) -> impl Iterator<Item = Key> {
        self.bindings
            .iter()
            .filter(move |binding| binding.action == action)
            .map(|binding| binding.key)
    }

    fn merged(own: Vec<Entry>) -> Result<Self, ConfigErrors> {
        let mut faults = Vec::new();
        let mut chosen: Vec<(Action, Entry)> = Vec::new();
        for entry in settings_file::read(FILE, DEFAULTS)?.into_iter().chain(own) {
            let Some(action) = Action::from_name(&entry.key) else {
                let names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
                faults.push(entry.fault("there is no such act", suggestion(&entry.key, &names)));
                continue;
            };
            match chosen.iter_mut().find(|(known, _)| *known == action) {
                Some((_, before)) => *before = entry,
                None => chosen.push((action, entry)),
            }
        }
        let bindings = bind(&chosen, &mut faults);
        if faults.is_empty() {
            Ok(Self { bindings })
        } else {
            Err(ConfigErrors(faults))
        }
    }
}

fn bind(chosen: &[(Action, Entry)], faults: &mut Vec<ConfigError>) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for (action, entry) in chosen {
        let keys = parse(entry, faults);
        faults.extend(missing(*action, entry, &keys));
        for key in keys {
            match bindings.iter().find(|binding| binding.key == key) {
                Some(other) if other.action == *action => {}
                Some(other) => faults.push(clash(chosen, other.action, entry, key)),
                None => bindings.push(Binding {
                    key,
                    action: *action,
                }),
            }
        }
    }
    bindings
}

fn parse(entry: &Entry, faults: &mut Vec<ConfigError>) -> Vec<Key> {
    let texts = match &entry.value {
        Value::Text(text) => std::slice::from_ref(text),
        Value::List(texts) => texts.as_slice(),
        Value::Other => {
            faults.push(entry.fault("is not a key", "write \"p\" or [\"p\", \"F2\"]"));
            return Vec::new();
        }
    };
    let mut keys = Vec::new();
    for text in texts {
        match text.parse::<Key>() {
            Ok(key) => keys.push(key),
            Err(message) => faults.push(entry.fault(
                message,
                "write a character, F1 to F12, Esc, Enter, Tab, Space, Up, PgDn …, with Ctrl-, Alt- or Shift-",
            )),
        }
    }
    keys
}

/// Returns the fault of an action that lacks a required key. Stopping must work in every place of the cursor,
/// so one of its keys must not be text.
fn missing(action: Action, entry: &Entry, keys: &[Key]) -> Option<ConfigError> {
    if action == Action::StopEverything && keys.iter().all(|key| key.is_text()) {
        return Some(entry.fault(
            "needs a key that works in text fields too",
            "give it a function key, such as F9",
        ));
    }
    if action == Action::Pause && keys.is_empty() {
        return Some(entry.fault("needs a key", "give it one, such as p"));
    }
    None
}

/// Returns the fault of one key for two actions. It refers to the entry of the user's own file, because only
/// that one can be changed.
fn clash(chosen: &[(Action, Entry)], other: Action, entry: &Entry, key: Key) -> ConfigError {
    let first = chosen.iter().find(|(action, _)| *action == other);
    let (at, against, where_) = match first {
        Some((_, first)) if entry.place().starts_with(&format!("{FILE}:")) => {
            (first, entry.key.as_str(), entry.place())
        }
        Some((_, first)) => (entry, other.name(), first.place()),
        None => (entry, other.name(), String::new()),
    };
    at.fault(
        format!("`{key}` is already the key of `{against}` ({where_})"),
        format!("take another key, or give `{against}` another"),
    )
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn press(text: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(text), KeyModifiers::NONE)
    }

    fn faults(text: &str) -> String {
        KeyMap::read("my.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn every_act_stands_in_the_embedded_file() {
        let map = KeyMap::embedded();
        let entries = settings_file::read(FILE, DEFAULTS).unwrap();
        for action in Action::ALL {
            assert!(
                entries.iter().any(|entry| entry.key == action.name()),
                "{}",
                action.name()
            );
            assert_eq!(map.keys(*action).is_empty(), *action == Action::WhyNumber);
        }
        assert_eq!(entries.len(), Action::ALL.len());
    }

    #[test]
    fn keys_do_their_acts() {
        let map = KeyMap::embedded();
        assert_eq!(map.action(press('p')), Some(Action::Pause));
        assert_eq!(map.action(press('P')), Some(Action::PauseAll));
        assert_eq!(map.action(press('+')), Some(Action::PaceUp));
        assert_eq!(map.action(press('=')), Some(Action::PaceUp));
        assert_eq!(map.action(press('z')), None);
        let f9 = KeyEvent::new(KeyCode::F(9), KeyModifiers::NONE);
        assert_eq!(map.action(f9), Some(Action::StopEverything));
        let release =
            KeyEvent::new_with_kind(KeyCode::F(9), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(map.action(release), None);
        assert_eq!(map.keys(Action::Down), "j Down");
        assert_eq!(map.key(Action::Redraw), "Ctrl-l");
        assert_eq!(map.key(Action::WhyNumber), "");
    }

    #[test]
    fn own_keys_replace_those_of_the_act() {
        let map = KeyMap::read("my.toml", "pause = [\"F2\", \"x\"]\nsort = \"p\"\n").unwrap();
        assert_eq!(map.keys(Action::Pause), "F2 x");
        assert_eq!(map.action(press('p')), Some(Action::Sort));
        assert_eq!(map.action(press('s')), None);
        assert_eq!(KeyMap::read("my.toml", "").unwrap(), KeyMap::embedded());
        assert_eq!(
            KeyMap::read("my.toml", DEFAULTS).unwrap(),
            KeyMap::embedded()
        );
    }

    #[test]
    fn faults_name_file_line_and_key() {
        assert!(
            faults("\npaws = \"p\"")
                .starts_with("my.toml:2:1: paws: there is no such act; did you mean `pause`?")
        );
        assert!(
            faults("pause = \"Hyper-x\"").starts_with("my.toml:1:1: pause: `Hyper-x` is not a key")
        );
        assert!(faults("pause = true").starts_with("my.toml:1:1: pause: is not a key"));
        assert!(faults("pause = []").contains("my.toml:1:1: pause: needs a key"));
        for text in ["[]", "\"x\""] {
            assert!(faults(&format!("stop_everything = {text}")).contains("works in text fields"));
        }
        let both = faults("pause = []\nnonsense = \"x\"");
        assert_eq!(both.lines().count(), 2);
    }

    #[test]
    fn a_clash_names_the_other_act_and_the_users_line() {
        // One action that is earlier in the embedded file, and one that is later.
        assert!(faults("quit = \"p\"").starts_with(
            "my.toml:1:1: quit: `p` is already the key of `pause` (built-in keys.toml:"
        ));
        assert!(faults("pause = \"q\"").starts_with(
            "my.toml:1:1: pause: `q` is already the key of `quit` (built-in keys.toml:"
        ));
        let own = faults("copy = \"F2\"\nsort = \"F2\"");
        assert!(
            own.starts_with("my.toml:2:1: sort: `F2` is already the key of `copy` (my.toml:1)"),
            "{own}"
        );
    }

    #[test]
    fn a_missing_file_is_an_error() {
        assert!(KeyMap::load(Path::new("no/such/keys.toml")).is_err());
    }
}
