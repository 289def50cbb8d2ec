//! The rows of a list that were not taken: the first of them as text, all of them in a file.

use std::io;
use std::path::{Path, PathBuf};

use super::CliError;
use super::files::{NewFile, free_name};
use crate::intake::{Reject, RejectsFile, STANDARD_INPUT};

/// The most rejects that are listed one by one.
const TOLD: usize = 20;

/// Returns the path of the file of rejects: the one named, or one next to the list, or one in the current
/// folder if the list comes from standard input, a pipe or the deck's folder. No file exists there yet.
///
/// # Errors
///
/// Errors if the named file exists or is in the deck's folder, or if no path outside that folder can be
/// found.
pub(super) fn place(named: Option<&Path>, list: &Path, deck: &Path) -> Result<PathBuf, CliError> {
    if let Some(named) = named {
        if is_in(named, deck) {
            let path = named.display();
            return Err(CliError::usage(format!(
                "{path} lies in the deck's folder, where no file of rejects is written"
            ))
            .hint("name a file elsewhere"));
        }
        return NewFile::begin(named).map(|_| named.to_owned());
    }
    let piped = list.as_os_str() == STANDARD_INPUT
        || std::fs::metadata(list).is_ok_and(|found| !found.is_file());
    let beside = if piped {
        PathBuf::from("stdin.rejects.csv")
    } else {
        let mut name = list.as_os_str().to_owned();
        name.push(".rejects.csv");
        PathBuf::from(name)
    };
    let here = PathBuf::from(beside.file_name().unwrap_or_default());
    let found = [beside, here].into_iter().find(|path| !is_in(path, deck));
    found.map(|path| free_name(&path)).ok_or_else(|| {
        let list = list.display();
        CliError::usage(format!(
            "rejected rows of {list} would be written to the deck's folder"
        ))
        .hint("run the command in another folder, or keep the list in one")
    })
}

/// Returns whether a file with this path is in the deck's folder or below it.
fn is_in(path: &Path, deck: &Path) -> bool {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    match (folder.canonicalize(), deck.canonicalize()) {
        (Ok(folder), Ok(deck)) => folder.starts_with(deck),
        // If either folder does not exist, writing the file reports it.
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// The rejects found so far. Their file is created with the first row.
pub(super) struct Rejects<'a> {
    to: Option<&'a Path>,
    header: &'a [String],
    delimiter: u8,
    file: Option<RejectsFile<NewFile>>,
    first: Vec<String>,
}

impl<'a> Rejects<'a> {
    /// Creates the collection. `to` is the path of the file (`None`: no file is written), which has the
    /// list's own form.
    pub(super) const fn new(to: Option<&'a Path>, header: &'a [String], delimiter: u8) -> Self {
        Self {
            to,
            header,
            delimiter,
            file: None,
            first: Vec::new(),
        }
    }

    /// Adds one reject, and writes it to the file.
    pub(super) fn add(&mut self, reject: &Reject) -> Result<(), CliError> {
        if self.first.len() < TOLD {
            self.first.push(reject.to_string());
        }
        let Some(path) = self.to else {
            return Ok(());
        };
        let failed = |error: io::Error| CliError::file(path, &error);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let new = NewFile::begin(path)?;
                none.insert(RejectsFile::new(new, self.header, self.delimiter).map_err(failed)?)
            }
        };
        file.write(reject).map_err(failed)
    }

    /// Returns the first rejects as text, and the path of the file if there is one.
    pub(super) fn finish(self) -> Result<(Vec<String>, Option<PathBuf>), CliError> {
        let (Some(file), Some(path)) = (self.file, self.to) else {
            return Ok((self.first, None));
        };
        file.finish()
            .map_err(|error| CliError::file(path, &error))?
            .finish()?;
        Ok((self.first, Some(path.to_owned())))
    }
}
