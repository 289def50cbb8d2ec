//! Follows the deck file while an engine runs. A stricter setting takes effect within seconds; any other
//! change is reported.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::CliError;
use crate::config::{DeckConfig, has_deck_file, load_deck};
use crate::engine::Command;
use crate::engine::deck_file::DeckFileChange;
use crate::engine::shell::Handle;

/// The time between two checks of the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The attributes that show a change of a file: size, inode, and when it and its properties were last
/// written.
type Stamp = Option<[i64; 5]>;

/// Follows a deck file and the rule files that it names.
#[derive(Debug)]
pub(super) struct Follower {
    file: PathBuf,
    /// Whether there was a file when the engine started.
    was_there: bool,
    /// The settings on which the engine runs.
    in_force: DeckConfig,
    /// The rule files as they were when the engine started.
    rules: Vec<Stamp>,
    /// The file and its rule files when they were last read.
    seen: Option<(Stamp, Vec<Stamp>)>,
    /// Regions that a change of the file has banned.
    banned: BTreeSet<String>,
    /// Whether a change has made any other setting stricter.
    stricter: bool,
    /// The text of the last report.
    said: Option<String>,
}

impl Follower {
    /// Creates a follower of this file, from which `in_force` was read.
    pub(super) fn new(file: &Path, in_force: &DeckConfig) -> Self {
        Self {
            file: file.to_owned(),
            was_there: has_deck_file(file),
            rules: stamps(&in_force.rule_files),
            in_force: in_force.clone(),
            // The file may have changed since it was read.
            seen: None,
            banned: BTreeSet::new(),
            stricter: false,
            said: None,
        }
    }

    /// Follows the file while the engine runs.
    pub(super) async fn follow(mut self, engine: Handle) {
        while !engine.has_ended() {
            if let Some(news) = self.look() {
                let answer = engine.ask(Command::FollowFile(Box::new(news)), "deck file");
                if answer.await.is_err() {
                    // The queue was full: everything is reported again.
                    (self.seen, self.said) = (None, None);
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Returns what the engine has to know about a change; `None` if nothing has changed.
    fn look(&mut self) -> Option<DeckFileChange> {
        let found = (stamp(&self.file), stamps(&self.in_force.rule_files));
        if self.seen.as_ref() == Some(&found) {
            return None;
        }
        let rules_changed = found.1 != self.rules;
        self.seen = Some(found);
        let read = if self.was_there && !has_deck_file(&self.file) {
            let is_there = fs::symlink_metadata(&self.file).is_ok();
            Err(if is_there { "is empty" } else { "is gone" }.to_owned())
        } else {
            load_deck(&self.file)
                .map_err(|errors| format!("cannot be read ({})", CliError::from(errors).brief()))
        };
        let text = match read {
            Ok(config) => {
                self.take(&config);
                self.text_of(rules_changed || self.differs(&config))
            }
            Err(what) => Some(format!(
                "the deck file {what}: what it said before stays in force"
            )),
        };
        if text == self.said {
            return None;
        }
        self.said.clone_from(&text);
        Some(DeckFileChange {
            settings: self.in_force.settings.clone(),
            alert: text,
        })
    }

    /// Takes over the settings that are stricter.
    fn take(&mut self, config: &DeckConfig) {
        let before = &self.in_force.settings;
        let mut tightened = before.tightened(&config.settings);
        let new = tightened.emergency_bans.iter();
        self.banned.extend(
            new.filter(|ban| !before.emergency_bans.contains(ban))
                .cloned(),
        );
        let bans = std::mem::replace(&mut tightened.emergency_bans, before.emergency_bans.clone());
        self.stricter |= tightened != *before;
        tightened.emergency_bans = bans;
        self.in_force.settings = tightened;
    }

    /// Returns whether the file has a setting on which the engine does not run.
    fn differs(&self, config: &DeckConfig) -> bool {
        let running = &self.in_force;
        config.settings != running.settings
            || config.providers != running.providers
            || config.listener != running.listener
            || config.results_secret != running.results_secret
            || config.rule_files != running.rule_files
    }

    fn text_of(&self, differs: bool) -> Option<String> {
        let mut taken: Vec<String> = Vec::new();
        if !self.banned.is_empty() {
            let regions: Vec<&str> = self.banned.iter().map(String::as_str).collect();
            taken.push(format!("the emergency ban on {}", regions.join(", ")));
        }
        if self.stricter {
            taken.push("what it makes stricter".to_owned());
        }
        let changed = "the deck file has changed since the engine started";
        let again = "start the engine again to bring it into force";
        match (taken.join(" and "), differs) {
            (taken, _) if taken.is_empty() && !differs => None,
            (taken, true) if taken.is_empty() => Some(format!("{changed}: {again}")),
            (taken, true) => Some(format!("{changed}: {taken} holds; for the rest {again}")),
            (taken, false) => Some(format!("{changed}: {taken} holds")),
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    files.iter().map(|file| stamp(file)).collect()
}

fn stamp(file: &Path) -> Stamp {
    let of = |found: Metadata| {
        [
            found.size().cast_signed(),
            found.ino().cast_signed(),
            found.mtime(),
            found.mtime_nsec(),
            found.ctime(),
        ]
    };
    fs::metadata(file).ok().map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;
    use crate::domain::CallerIdState;

    struct Bench {
        folder: tempfile::TempDir,
        follower: Follower,
    }

    impl Bench {
        fn new(text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("dialdeck.toml");
            fs::write(&file, text).unwrap();
            let follower = Follower::new(&file, &load_deck(&file).unwrap());
            Self { folder, follower }
        }

        /// Returns what is reported after the file has this text.
        fn after(&mut self, text: &str) -> Option<DeckFileChange> {
            // A new file, so that its stamp differs at any time.
            let new = self.folder.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(new, &self.follower.file).unwrap();
            self.follower.look()
        }
    }

    fn banned(regions: &str) -> String {
        DEFAULTS.replace(
            "emergency_bans = []",
            &format!("emergency_bans = [{regions}]"),
        )
    }

    #[test]
    fn a_ban_is_taken_over_and_nothing_else_is_said() {
        let mut bench = Bench::new(DEFAULTS);
        assert_eq!(bench.follower.look(), None);
        let news = bench.after(&banned("\"US-NY\"")).unwrap();
        assert_eq!(news.settings.emergency_bans, ["US-NY"]);
        let said =
            "the deck file has changed since the engine started: the emergency ban on US-NY holds";
        assert_eq!(news.alert.as_deref(), Some(said));
        assert_eq!(bench.follower.look(), None);
        assert_eq!(bench.after(&banned("\"US-NY\"")), None, "nothing new");
        // Only a start of the engine lifts a ban.
        let news = bench.after(&banned("\"US-FL\"")).unwrap();
        assert_eq!(news.settings.emergency_bans, ["US-FL", "US-NY"]);
        assert!(news.alert.unwrap().ends_with(
            "US-FL, US-NY holds; for the rest start the engine again to bring it into force"
        ));
    }

    #[test]
    fn what_is_stricter_is_taken_over_and_what_is_looser_said() {
        let mut bench = Bench::new(DEFAULTS);
        let lower = DEFAULTS.replacen("max_concurrent = 100", "max_concurrent = 7", 1);
        assert_ne!(lower, DEFAULTS);
        let news = bench.after(&lower).unwrap();
        assert_eq!(news.settings.max_concurrent, 7);
        assert!(
            news.alert
                .unwrap()
                .ends_with("what it makes stricter holds")
        );
        let news = bench.after(DEFAULTS).unwrap();
        assert_eq!(news.settings.max_concurrent, 7);
        assert!(news.alert.unwrap().contains("for the rest start"));
        let number = DEFAULTS
            .lines()
            .find(|line| line.trim().starts_with("\"+1"));
        let fewer = DEFAULTS.replacen(number.unwrap(), "", 1);
        assert_ne!(fewer, DEFAULTS);
        bench.after(&fewer);
        let ids = &bench.follower.in_force.settings.caller_ids;
        let resting = |id: &&crate::domain::CallerId| id.state == CallerIdState::Resting;
        assert_eq!(
            ids.iter().filter(resting).count(),
            1,
            "a number taken out rests"
        );
    }

    #[test]
    fn a_file_that_breaks_or_goes_is_said_and_what_it_said_stays() {
        let mut bench = Bench::new(&banned("\"US-NY\""));
        let news = bench.after("= =").unwrap();
        assert!(news.alert.unwrap().contains("cannot be read"));
        assert_eq!(news.settings.emergency_bans, ["US-NY"]);
        fs::remove_file(&bench.follower.file).unwrap();
        let news = bench.follower.look().unwrap();
        assert_eq!(
            news.alert.as_deref(),
            Some("the deck file is gone: what it said before stays in force")
        );
        assert_eq!(news.settings.emergency_bans, ["US-NY"]);
        let news = bench.after("").unwrap();
        assert_eq!(
            news.alert.as_deref(),
            Some("the deck file is empty: what it said before stays in force")
        );
        assert_eq!(news.settings.emergency_bans, ["US-NY"]);
        let news = bench.after(&banned("\"US-NY\"")).unwrap();
        assert_eq!(news.alert, None);
    }

    #[test]
    fn a_rule_file_that_changes_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dialdeck.toml");
        fs::write(folder.path().join("own.csv"), "a").unwrap();
        fs::write(
            &file,
            DEFAULTS.replace("rules = []", "rules = [\"own.csv\"]"),
        )
        .unwrap();
        let mut follower = Follower::new(&file, &load_deck(&file).unwrap());
        assert_eq!(follower.look(), None);
        fs::write(folder.path().join("own.csv"), "another").unwrap();
        assert!(
            follower
                .look()
                .unwrap()
                .alert
                .unwrap()
                .contains("start the engine again")
        );
    }
}
