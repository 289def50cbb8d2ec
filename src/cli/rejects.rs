//! The rows of a list that were not taken: the first of them in words, all of them in a file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::CliError;
use crate::intake::{Reject, RejectsFile, STANDARD_INPUT};

/// Rejects told one by one.
const TOLD: usize = 20;

/// Where rejects go unless another file is named: beside the list, or in the current folder if the list
/// comes from standard input or a pipe.
pub(super) fn beside(list: &Path) -> PathBuf {
    let piped = list.as_os_str() == STANDARD_INPUT
        || std::fs::metadata(list).is_ok_and(|found| !found.is_file());
    if piped {
        return PathBuf::from("stdin.rejects.csv");
    }
    let mut name = list.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}

/// Rejects as they are met. The file is there once it has a row.
pub(super) struct Rejects<'a> {
    to: Option<&'a Path>,
    header: &'a [String],
    delimiter: u8,
    file: Option<RejectsFile<File>>,
    first: Vec<String>,
}

impl<'a> Rejects<'a> {
    /// None so far. `to`: where their file goes (`None`: nowhere), in the list's own form.
    pub(super) const fn new(to: Option<&'a Path>, header: &'a [String], delimiter: u8) -> Self {
        Self {
            to,
            header,
            delimiter,
            file: None,
            first: Vec::new(),
        }
    }

    /// Takes one in.
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
                none.insert(RejectsFile::create(path, self.header, self.delimiter).map_err(failed)?)
            }
        };
        file.write(reject).map_err(failed)
    }

    /// The first of them, and where all stand, if there are any.
    pub(super) fn finish(self) -> Result<(Vec<String>, Option<PathBuf>), CliError> {
        let (Some(file), Some(path)) = (self.file, self.to) else {
            return Ok((self.first, None));
        };
        file.finish()
            .map_err(|error| CliError::file(path, &error))?;
        Ok((self.first, Some(path.to_owned())))
    }
}
