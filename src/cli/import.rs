//! Imports contact rows from a file into a store, in batches. Every row is counted.

mod feed;
mod held;
mod narrower;
mod pace;
pub(super) mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use self::feed::Rows;
use self::pace::Pace;
use super::args::{ColumnArgs, CountryArgs};
use super::output::{self, count};
use super::progress::{Progress, Showing};
use super::rejects::Rejects;
use super::{CliError, Env};
use crate::clock::Stopwatch;
use crate::domain::{
    Campaign, ConsentKind, ContactId, ImportFigures, ImportPlan, ImportTarget, NewContact,
    PhoneNumber, Suppression,
};
use crate::intake::columns::ColumnMap;
use crate::intake::{ColumnUse, ContactFile, DateOrder, NotToBeCalled, Origin, Reading};
use crate::rules::Rules;
use crate::store::{Acts, By, RowFate};
use crate::tui::tty;

/// The most duplicates that are listed one by one.
const TOLD: usize = 20;

/// The settings of an import.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The country of numbers written without one.
    pub country: String,
    /// The order of dates such as `5/4/2026`. If `None`, such dates are rejects.
    pub dates: Option<DateOrder>,
    /// The file for rejected rows. If `None`, they are not written.
    pub rejects: Option<PathBuf>,
    /// Whether to judge every row and write nothing.
    pub dry_run: bool,
    /// Where progress is shown.
    pub progress: Showing,
    /// The deck's folder, whose engine may be dialing during the import. `None` if no other process uses the
    /// store.
    pub deck: Option<PathBuf>,
    /// Whether to return the ids of the contacts taken.
    pub keep_ids: bool,
    /// The rules that locate and judge the numbers.
    pub rules: Arc<Rules>,
}

/// The results of taking the rows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Taken {
    /// The figures of the import, as in the log.
    #[serde(flatten)]
    pub figures: ImportFigures,
    /// Warnings about names in the header, and about characters that could not be read.
    pub warnings: Vec<String>,
    /// What each column was taken for.
    pub columns: Vec<ColumnUse>,
    /// Rows that begin with `#` and hold no number.
    pub comments: u64,
    /// Rows, taken or not, that say that their numbers are not to be called. These numbers are on the
    /// internal list after the import.
    pub not_to_be_called: u64,
    /// Such rows of which no number can be read, so that none could be put on the list.
    #[serde(skip)]
    pub not_held: u64,
    /// Rows that repeat a contact and state less than is on record.
    #[serde(skip)]
    pub narrower: u64,
    /// Taken rows whose number can never be dialed.
    pub undialable: u64,
    /// Taken rows without the consent that the campaign requires.
    pub without_consent: u64,
    /// Rows, including duplicates, that say when or where consent was given, but not its kind. That consent
    /// is not used.
    pub consent_unused: u64,
    /// The file of the rejected rows; `None` if there are none, or if they were not to be written.
    pub rejects_file: Option<PathBuf>,
    /// The first duplicates: their line, and the line of the file that they repeat (0 if the campaign had the
    /// number before).
    pub first_duplicates: Vec<(u64, u64)>,
    /// The first rejects, as text.
    pub first_rejects: Vec<String>,
    /// The contacts taken, if the plan asks for them.
    #[serde(skip)]
    pub ids: Vec<ContactId>,
}

/// Checks a contacts file as a whole. `-` is standard input. `country` is the country of numbers written
/// without one.
///
/// # Errors
///
/// Errors if the file does not exist or cannot be used as a whole.
pub fn open(path: &Path, maps: &[ColumnMap], country: &str) -> Result<ContactFile, CliError> {
    Ok(ContactFile::check_mapped(
        origin(path)?,
        maps,
        Some(country),
    )?)
}

/// Returns the list at a path. `-` is standard input.
///
/// # Errors
///
/// Errors if the list does not exist or cannot be read.
pub fn origin(path: &Path) -> Result<Origin, CliError> {
    Origin::at(path).map_err(|error| CliError::file(path, &error))
}

/// Says that a list is a pipe: its writer is waited for, however long that takes.
pub(super) fn say_waits(path: &Path) {
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        let path = output::named(path);
        tty::say(&format!(
            "{path} is a pipe: it is read until its writer ends\n"
        ));
    }
}

/// Takes the rows of `file` into `campaign` and logs the import. Returns the results.
///
/// # Errors
///
/// Errors if the file can no longer be read, the store fails, or the rejects cannot be written. Rows taken
/// before that remain, and are logged.
pub fn contacts(
    store: &mut dyn Acts,
    campaign: &Campaign,
    file: &ContactFile,
    plan: &Plan,
    by: &By,
) -> Result<Taken, CliError> {
    let mut import = Import {
        store,
        campaign,
        file,
        plan,
        by,
        taken: Taken {
            figures: file.figures(),
            warnings: file.warnings(),
            ..Taken::default()
        },
        batch: Vec::new(),
        flagged: Vec::new(),
        denied: BTreeSet::new(),
        used: Vec::new(),
        pace: Pace::new(plan.deck.as_deref()),
        seen: BTreeMap::new(),
        first_taken: None,
        rejects: Rejects::new(
            plan.rejects.as_deref().filter(|_| !plan.dry_run),
            file.header(),
            file.delimiter(),
        ),
    };
    import.taken.figures.sha256 = file.digest()?;
    if !plan.dry_run {
        import.taken.figures.started = Some(import.start()?);
    }
    let read = import.read_all();
    if !plan.dry_run {
        let figures = &import.taken.figures;
        import.store.finish_import(campaign.id, figures, by)?;
    }
    read?;
    let mut taken = import.taken;
    taken.columns = file.columns(&import.used);
    (taken.first_rejects, taken.rejects_file) = import.rejects.finish()?;
    Ok(taken)
}

/// Writes the results of taking the rows.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub fn say(taken: &Taken, dry_run: bool, out: &mut dyn Write) -> Result<(), CliError> {
    for warning in &taken.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    let figures = &taken.figures;
    writeln!(
        out,
        "{}: {}: {} taken, {}, {} rejected{}",
        figures.file,
        count(figures.rows, "row"),
        figures.taken,
        count(figures.duplicates, "duplicate"),
        figures.rejected,
        if dry_run { "; nothing was written" } else { "" }
    )?;
    if taken.comments > 0 {
        let rows = count(taken.comments, "row");
        writeln!(
            out,
            "{rows} beginning with # and without a number: taken for comments"
        )?;
    }
    if taken.not_to_be_called > 0 {
        let rows = count(taken.not_to_be_called, "row");
        let done = if dry_run { "are to go" } else { "stand" };
        writeln!(
            out,
            "{rows} marked in the list as not to be called, or that may be: their numbers {done} on the \
             internal list"
        )?;
    }
    if taken.undialable > 0 {
        writeln!(
            out,
            "{} of those taken can never be dialed; they stand as invalid",
            taken.undialable
        )?;
    }
    if taken.without_consent > 0 {
        writeln!(
            out,
            "{} of those taken cannot be dialed: they lack the consent that the campaign requires",
            taken.without_consent
        )?;
    }
    if let Some(unused) = consent_unused(taken) {
        writeln!(out, "{unused}")?;
    }
    for (line, of_line) in &taken.first_duplicates {
        match of_line {
            0 => writeln!(out, "line {line}: the campaign has this number already")?,
            _ => writeln!(out, "line {line}: same number as line {of_line}")?,
        }
    }
    for reject in &taken.first_rejects {
        writeln!(out, "{reject}")?;
    }
    if let Some(path) = &taken.rejects_file {
        writeln!(
            out,
            "rejected rows, each with its reason: {}",
            output::named(path)
        )?;
    }
    table::write(&taken.columns, out)
}

/// Returns a warning about consent that is not used, and what to add.
fn consent_unused(taken: &Taken) -> Option<String> {
    let rows = count(taken.consent_unused, "row");
    let kinds: Vec<&str> = ConsentKind::ALL.iter().map(|kind| kind.as_str()).collect();
    (taken.consent_unused > 0).then(|| {
        format!(
            "{rows} with a date or source of consent and no kind: not used as consent; add a column \
             `consent` that says which ({})",
            kinds.join(", ")
        )
    })
}

/// Returns, in sentences, what the columns of a list for this campaign were taken for, and warnings about
/// them.
pub fn in_words(taken: &Taken, campaign: &str) -> Vec<String> {
    let unused = consent_unused(taken);
    let slips = taken.warnings.iter().cloned().chain(unused);
    let mut said: Vec<String> = slips.map(|slip| format!("! {slip}")).collect();
    said.push(table::in_words(&taken.columns));
    said.extend(table::unmapped(&taken.columns, campaign));
    said
}

/// Returns the settings of an import by a command.
///
/// # Errors
///
/// Errors if the deck file cannot be read.
pub fn plan(
    env: &Env,
    country: &CountryArgs,
    columns: &ColumnArgs,
    rejects: PathBuf,
) -> Result<Plan, CliError> {
    Ok(Plan {
        country: env.country(country)?,
        dates: columns.date_format,
        rejects: Some(rejects),
        dry_run: false,
        progress: Showing::unless(env.json),
        deck: Some(env.deck.clone()),
        keep_ids: false,
        rules: Arc::clone(&env.rules),
    })
}

/// An import that is running.
struct Import<'a> {
    store: &'a mut dyn Acts,
    campaign: &'a Campaign,
    file: &'a ContactFile,
    plan: &'a Plan,
    by: &'a By,
    taken: Taken,
    batch: Vec<NewContact>,
    /// Rows of the batch, or rejected next to it, whose numbers are not to be called.
    flagged: Vec<NotToBeCalled>,
    /// The lines of the batch that say that there is no consent.
    denied: BTreeSet<u64>,
    /// By column, rows that were not rejected and have a value there.
    used: Vec<u64>,
    pace: Pace<'a>,
    /// In a dry run: the numbers read so far, with their lines.
    seen: BTreeMap<PhoneNumber, u64>,
    /// The first contact taken from this file. Contacts from this id on are of this file.
    first_taken: Option<ContactId>,
    rejects: Rejects<'a>,
}

impl Import<'_> {
    /// Logs what will be imported, so that rows of an import that is interrupted have an entry.
    fn start(&mut self) -> Result<i64, CliError> {
        let figures = &self.taken.figures;
        let plan = ImportPlan {
            file: figures.file.clone(),
            sha256: figures.sha256.clone(),
            rows: self.file.rows(),
        };
        let into = ImportTarget::Campaign(self.campaign.name().to_owned());
        Ok(self.store.start_import(&into, &plan, self.by)?)
    }

    fn read_all(&mut self) -> Result<(), CliError> {
        let snapshot = self.store.snapshot(self.by.at)?;
        let own = snapshot.caller_ids.iter();
        let reading = Reading {
            own_numbers: own.map(|used| used.caller_id.number).collect(),
            country: Some(self.plan.country.clone()),
            evidence: self.campaign.settings.evidence,
            calls: self.campaign.settings.call_kind(),
            dates: self.plan.dates,
            now: self.by.at,
        };
        let rows = self.file.read(&self.plan.rules, &reading)?;
        let mut progress = Progress::new("rows", self.file.rows(), self.plan.progress.clone());
        feed::ahead(rows, |feed| {
            for rows in feed {
                self.take(rows)?;
                progress.set(self.taken.figures.rows);
            }
            self.flush()
        })
    }

    fn take(&mut self, rows: Rows) -> Result<(), CliError> {
        self.taken.figures.rows += (rows.contacts.len() + rows.rejects.len()) as u64;
        self.taken.figures.rejected += rows.rejects.len() as u64;
        for reject in &rows.rejects {
            self.rejects.add(reject)?;
        }
        self.batch.extend(rows.contacts);
        held::note(&rows.flagged, &mut self.taken);
        self.flagged.extend(rows.flagged);
        self.denied.extend(rows.denied);
        self.taken.comments = rows.comments;
        self.taken.consent_unused = rows.consent_unused;
        self.used = rows.used;
        if let Some(error) = rows.error {
            self.flush()?;
            return Err(error.into());
        }
        if self.batch.len() >= self.pace.rows() {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CliError> {
        let mut batch = std::mem::take(&mut self.batch);
        let repeats: Vec<Option<u64>> = if self.plan.dry_run {
            self.foretell(&batch)?
        } else {
            // Before the contacts are stored, so that none of them can be called in between.
            let rows = std::mem::take(&mut self.flagged);
            let flagged = held::suppressions(&rows, &self.taken.figures.file, self.by);
            self.suppress(&flagged)?;
            let watch = Stopwatch::start();
            let fates = self
                .store
                .import_contacts(self.campaign.id, &batch, self.by.at)?;
            // A second time, so that the contacts end as suppressed now and not when they come up.
            self.suppress(&flagged)?;
            self.pace.stored(batch.len(), watch.elapsed());
            if self.plan.keep_ids {
                self.taken.ids.extend(fates.iter().filter_map(taken_as));
            }
            fates.into_iter().map(|fate| self.repeated(fate)).collect()
        };
        let mut excluded = Vec::new();
        for (contact, repeat) in batch.iter().zip(repeats) {
            if repeat.is_some() {
                let row = (contact, self.denied.contains(&contact.line));
                let of = (self.campaign, self.by);
                let entry = narrower::exclusion(self.store, of, row, &mut self.taken)?;
                excluded.extend(entry.filter(|_| !self.plan.dry_run));
            }
            self.note(contact, repeat);
        }
        self.suppress(&excluded)?;
        self.denied.clear();
        batch.clear();
        self.batch = batch;
        Ok(())
    }

    fn suppress(&mut self, entries: &[Suppression]) -> Result<(), CliError> {
        if !entries.is_empty() {
            self.store.suppress(entries)?;
        }
        Ok(())
    }

    /// Returns what an import would find about these rows: the line that each repeats, 0 if that line is not
    /// known.
    fn foretell(&mut self, batch: &[NewContact]) -> Result<Vec<Option<u64>>, CliError> {
        let mut repeats = Vec::with_capacity(batch.len());
        for contact in batch {
            let mut there = self.store.contacts_with(contact.number)?;
            there.retain(|known| known.campaign == self.campaign.id);
            let repeat = match self.seen.get(&contact.number) {
                Some(line) => Some(*line),
                None if there.is_empty() => None,
                None => Some(0),
            };
            self.seen.entry(contact.number).or_insert(contact.line);
            repeats.push(repeat);
        }
        Ok(repeats)
    }

    fn note(&mut self, contact: &NewContact, repeat: Option<u64>) {
        let taken = &mut self.taken;
        if let Some(of_line) = repeat {
            taken.figures.duplicates += 1;
            if taken.first_duplicates.len() < TOLD {
                taken.first_duplicates.push((contact.line, of_line));
            }
            return;
        }
        taken.figures.taken += 1;
        match &contact.class {
            Ok(class) => match taken.figures.classes.get_mut(class) {
                Some(count) => *count += 1,
                None => {
                    taken.figures.classes.insert(Arc::clone(class), 1);
                }
            },
            Err(_) => taken.undialable += 1,
        }
        let consent = contact.consent.as_ref();
        let kind = consent.map_or(ConsentKind::None, |consent| consent.kind);
        if kind < self.campaign.settings.consent {
            taken.without_consent += 1;
        }
        if let Some(consent) = consent {
            *taken.figures.consents.entry(consent.kind).or_default() += 1;
        }
    }

    /// Returns the line of this file that a row repeats, 0 if the contact existed before; `None` if the row
    /// repeats nothing.
    fn repeated(&mut self, fate: RowFate) -> Option<u64> {
        match fate {
            RowFate::Taken(contact) => {
                self.first_taken.get_or_insert(contact);
                None
            }
            RowFate::Duplicate { of, of_line } => {
                let of_this_file = self.first_taken.is_some_and(|first| of >= first);
                Some(if of_this_file { of_line } else { 0 })
            }
        }
    }
}

const fn taken_as(fate: &RowFate) -> Option<ContactId> {
    match fate {
        RowFate::Taken(contact) => Some(*contact),
        RowFate::Duplicate { .. } => None,
    }
}
