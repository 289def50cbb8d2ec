//! The key map: the keys as shipped, a user's `keys.toml` that overrides them, and the printed table.

use std::path::Path;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::action::{Action, CampaignAction, Group};
use super::keys::Key;
use super::settings_file::{self, Entry, Value};
use crate::config::{ConfigError, ConfigErrors, suggestion};

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
    /// Panics if a key in the table of actions is not valid. A test reads them all.
    pub fn embedded() -> Self {
        Self::merged(&[]).expect("the keys of the table are valid")
    }

    /// Reads a user's file. Its entry for an action replaces the shipped keys of that action.
    ///
    /// # Errors
    /// Errors if the file cannot be read, has unknown actions or keys, gives one key to two actions, leaves
    /// `pause` without a key, or leaves `stop_everything` without a key that works in text fields. All faults
    /// are reported together.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigErrors> {
        Self::merged(&settings_file::load(path)?)
    }

    /// Returns the action of a key event; `None` if it has none or is not a press. Some terminals also send
    /// repeats and releases.
    pub(crate) fn action(&self, event: KeyEvent) -> Option<Action> {
        let key = Key::from(event);
        self.bindings
            .iter()
            .find(|binding| binding.key == key && event.kind == KeyEventKind::Press)
            .map(|binding| binding.action)
    }

    /// Returns the first key of an action, for hints; empty if it is in the palette only.
    pub(crate) fn key(&self, action: Action) -> String {
        let first = self.of(action).next();
        first.map_or_else(String::new, |key| key.to_string())
    }

    /// Returns every key of an action: `j Down`; empty if it is in the palette only.
    pub(crate) fn keys(&self, action: Action) -> String {
        let keys: Vec<_> = self.of(action).map(|key| key.to_string()).collect();
        keys.join(" ")
    }

    /// Returns the table of the reference: keys, actions and their sentences, by group.
    pub fn markdown(&self) -> String {
        let mut rows = vec!["| key | action | what it does |\n|---|---|---|\n".to_owned()];
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

    fn merged(own: &[Entry]) -> Result<Self, ConfigErrors> {
        let mut faults = Vec::new();
        for entry in own {
            if Action::from_name(&entry.key).is_none() {
                let names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
                let hint = suggestion(&entry.key, &names);
                faults.push(entry.fault("there is no such action", hint));
            }
        }
        let mut bindings: Vec<Binding> = Vec::new();
        for action in Action::ALL {
            let keys = match entry_of(own, *action) {
                Some(entry) => own_keys(*action, entry, &mut faults),
                None => shipped_keys(*action)?,
            };
            for key in keys {
                match bindings.iter().find(|binding| binding.key == key) {
                    Some(other) if other.action == *action => {}
                    Some(other) => faults.push(clash(own, other.action, *action, key)),
                    None => bindings.push(Binding {
                        key,
                        action: *action,
                    }),
                }
            }
        }
        if faults.is_empty() {
            Ok(Self { bindings })
        } else {
            Err(ConfigErrors(faults))
        }
    }
}

fn entry_of(own: &[Entry], action: Action) -> Option<&Entry> {
    own.iter().find(|entry| entry.key == action.name())
}

/// Returns the keys of an action as shipped.
///
/// # Errors
/// Errors if the table of actions has a text that is not a key.
fn shipped_keys(action: Action) -> Result<Vec<Key>, ConfigErrors> {
    let keys = action.default_keys().iter();
    keys.map(|text| text.parse::<Key>())
        .collect::<Result<_, _>>()
        .map_err(|error| ConfigErrors(vec![of_table(action, error.to_string())]))
}

/// Returns a fault of the table of actions itself.
fn of_table(action: Action, message: String) -> ConfigError {
    ConfigError {
        file: "the table of actions".to_owned(),
        line: 0,
        column: 0,
        key: action.name().to_owned(),
        message,
        hint: String::new(),
    }
}

/// Returns the keys that the user's file gives to an action. Adds a fault for each text that is not a key, and
/// if the action lacks a required key.
fn own_keys(action: Action, entry: &Entry, faults: &mut Vec<ConfigError>) -> Vec<Key> {
    let texts = match &entry.value {
        Value::Text(text) => std::slice::from_ref(text),
        Value::List(texts) => texts.as_slice(),
        Value::Other => {
            faults.push(entry.fault("is not a key", "write \"p\" or [\"p\", \"F2\"]"));
            &[]
        }
    };
    let mut keys = Vec::new();
    for text in texts {
        match text.parse::<Key>() {
            Ok(key) => keys.push(key),
            Err(error) => faults.push(entry.fault(
                error.to_string(),
                "write a character, F1 to F12, Esc, Enter, Tab, Space, Up, PgDn …, with Ctrl-, Alt- or Shift-",
            )),
        }
    }
    faults.extend(missing(action, entry, &keys));
    keys
}

/// Returns the fault of an action that lacks a required key. Stopping must work in every place of the cursor,
/// so one of its keys must not be text.
fn missing(action: Action, entry: &Entry, keys: &[Key]) -> Option<ConfigError> {
    if action == Action::Campaign(CampaignAction::StopEverything)
        && keys.iter().all(|key| key.is_text())
    {
        return Some(entry.fault(
            "needs a key that works in text fields too",
            "give it a function key, such as F9",
        ));
    }
    if action == Action::Campaign(CampaignAction::Pause) && keys.is_empty() {
        return Some(entry.fault("needs a key", "give it one, such as p"));
    }
    None
}

/// Returns the fault of one key for two actions, of which `earlier` comes first in the table. It refers to an
/// entry of the user's own file, because only that one can be changed.
fn clash(own: &[Entry], earlier: Action, later: Action, key: Key) -> ConfigError {
    let (at, other, place) = match (entry_of(own, earlier), entry_of(own, later)) {
        (first, Some(entry)) => (Some(entry), earlier, first.map(Entry::place)),
        (Some(entry), None) => (Some(entry), later, None),
        (None, None) => (None, earlier, None),
    };
    let place = place.unwrap_or_else(|| "as shipped".to_owned());
    let message = format!("`{key}` is already the key of `{}` ({place})", other.name());
    let hint = format!("use another key, or give `{}` another", other.name());
    match at {
        Some(entry) => entry.fault(message, hint),
        None => of_table(later, message),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;
    use crate::tui::action::{ContactAction, MoveAction, ProgramAction, ViewAction};

    fn press(text: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(text), KeyModifiers::NONE)
    }

    fn read(text: &str) -> Result<KeyMap, ConfigErrors> {
        KeyMap::merged(&settings_file::read("my.toml", text)?)
    }

    fn faults(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn every_action_has_a_key_or_is_in_the_palette_only() {
        let map = KeyMap::embedded();
        for action in Action::ALL {
            let keys = map.keys(*action);
            assert_eq!(keys, action.default_keys().join(" "), "{}", action.name());
            let in_palette_only = *action == Action::Contact(ContactAction::WhyNumber);
            assert_eq!(keys.is_empty(), in_palette_only, "{}", action.name());
        }
    }

    #[test]
    fn keys_have_their_actions() {
        let map = KeyMap::embedded();
        assert_eq!(
            map.action(press('p')),
            Some(Action::Campaign(CampaignAction::Pause))
        );
        assert_eq!(
            map.action(press('P')),
            Some(Action::Campaign(CampaignAction::PauseAll))
        );
        assert_eq!(
            map.action(press('+')),
            Some(Action::Campaign(CampaignAction::PaceUp))
        );
        assert_eq!(
            map.action(press('=')),
            Some(Action::Campaign(CampaignAction::PaceUp))
        );
        assert_eq!(map.action(press('z')), None);
        let f9 = KeyEvent::new(KeyCode::F(9), KeyModifiers::NONE);
        assert_eq!(
            map.action(f9),
            Some(Action::Campaign(CampaignAction::StopEverything))
        );
        let release =
            KeyEvent::new_with_kind(KeyCode::F(9), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(map.action(release), None);
        assert_eq!(map.keys(Action::Move(MoveAction::Down)), "j Down");
        assert_eq!(map.key(Action::Program(ProgramAction::Redraw)), "Ctrl-l");
        assert_eq!(map.key(Action::Contact(ContactAction::WhyNumber)), "");
    }

    #[test]
    fn own_keys_replace_those_of_the_action() {
        let map = read("pause = [\"F2\", \"x\"]\nsort = \"p\"\n").unwrap();
        assert_eq!(map.keys(Action::Campaign(CampaignAction::Pause)), "F2 x");
        assert_eq!(map.action(press('p')), Some(Action::View(ViewAction::Sort)));
        assert_eq!(map.action(press('s')), None);
        assert_eq!(read("").unwrap(), KeyMap::embedded());
    }

    #[test]
    fn faults_name_file_line_and_key() {
        assert!(
            faults("\npaws = \"p\"")
                .starts_with("my.toml:2:1: paws: there is no such action; did you mean `pause`?")
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
    fn a_clash_names_the_other_action_and_the_users_line() {
        // One action that is earlier in the table, and one that is later.
        assert!(
            faults("quit = \"p\"")
                .starts_with("my.toml:1:1: quit: `p` is already the key of `pause` (as shipped)")
        );
        assert!(
            faults("pause = \"q\"")
                .starts_with("my.toml:1:1: pause: `q` is already the key of `quit` (as shipped)")
        );
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
