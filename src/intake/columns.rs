//! Decides what each column of a list is taken for.
//!
//! Every column is exactly one of: a field (understood by its name, or mapped by the user), a variable (kept
//! with the contact under its name), or ignored by name. No column is dropped silently: the import shows for
//! each column what it was taken for and how many rows used it.

mod beside;
mod field;

#[cfg(test)]
mod tests;

use csv::StringRecord;

use super::file_error::{FileError, FileFault};
use super::header::{self, Listed, Meaning};
use super::text::Origin;
use super::topic::Topic;
use super::undecided::Doubt;
use super::wishes::{self, Wish};

pub use field::{ColumnMap, ColumnUse, Field, MapFault, Taken, Target};

/// The column that a file of rejects adds. Ignored when such a file is imported again.
pub(super) const REJECT_REASON: &str = "reject_reason";

/// The shortest name, in letters, for which a slip is suggested. Shorter names are too near to other words.
const SHORTEST_GUESS: usize = 4;
/// The shortest name, in letters, that may be two slips away from a known name. Shorter names may be one slip
/// away.
const LONG_NAME: usize = 9;

/// What one column was taken for, and why.
#[derive(Clone, Debug)]
struct Column {
    taken: Taken,
    field: Option<Field>,
    mapped: bool,
    rank: u8,
    note: Option<String>,
    /// What the user has to decide, if the column's values show that it matters.
    doubt: Option<Doubt>,
}

/// A further column of a part of an address.
#[derive(Clone, Copy, Debug)]
struct FurtherPlace {
    field: Field,
    /// How near the address is to the person: 0 is first.
    rank: u8,
    position: usize,
}

/// A header whose columns are all understood.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// The names as written.
    pub(super) names: Vec<String>,
    each: Vec<Column>,
    /// The position of the column of each field, indexed by [`Field`].
    known: [Option<usize>; Field::ALL.len()],
    /// Columns that may say that a person is not to be called.
    pub(super) wishes: Vec<(usize, Wish)>,
    /// Further columns of numbers, kept as variables.
    pub(super) further_numbers: Vec<usize>,
    /// Further columns of parts of an address, the nearest first. They are read if the nearer ones are empty.
    further_places: Vec<FurtherPlace>,
    /// By column, whether its name says that its digits are no telephone numbers.
    no_numbers: Vec<bool>,
    /// Columns of free text, in which a cell may ask not to be called.
    pub(super) free: Vec<usize>,
    /// Columns about calls or consent that the user keeps as variables. A cell that asks by itself still counts.
    pub(super) watched: Vec<usize>,
    /// Those of the columns of free text whose cells are names.
    named: Vec<usize>,
    /// Columns of the extensions of the numbers to call.
    pub(super) extensions: Vec<usize>,
    /// Columns that say of what kind the numbers to call are.
    pub(super) kinds: Vec<usize>,
    /// Columns kept as variables, each with its name as JSON text.
    pub(super) variables: Vec<(usize, String)>,
}

impl Columns {
    /// Returns the position of a field's column, the nearest of several.
    pub(super) const fn position(&self, field: Field) -> Option<usize> {
        self.known[field as usize]
    }

    /// Returns the positions of a field's columns, the nearest first. For parts of an address a farther
    /// column is read if the nearer ones are empty, because a stated place is never dropped.
    pub(super) fn positions(&self, field: Field) -> impl Iterator<Item = usize> + '_ {
        let further = self.further_places.iter();
        let further = further.filter(move |place| place.field == field);
        let further = further.map(|place| place.position);
        self.position(field).into_iter().chain(further)
    }

    /// Returns the name of a field's column in this file, or the field's name if the file has no such column.
    pub(super) fn name(&self, field: Field) -> &str {
        match self.position(field) {
            Some(position) => &self.names[position],
            None => field.as_str(),
        }
    }

    /// Returns the columns kept as variables whose name is near to a known name that no column has, each with
    /// the known name.
    pub(super) fn misspelled(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let kept = self.each.iter().enumerate();
        kept.filter(|(_, column)| {
            column.taken == Taken::Variable && column.field.is_none() && !column.mapped
        })
        .filter_map(|(position, _)| {
            let name = self.names[position].as_str();
            let meant = nearest(name)?;
            self.position(meant.0).is_none().then_some((name, meant.1))
        })
    }

    /// Returns the columns kept as variables whose name suggests a place or a date that would bind, each with
    /// the field that may be meant.
    pub(super) fn unread_hints(&self) -> impl Iterator<Item = (&str, Field)> {
        let kept = self.each.iter().enumerate();
        kept.filter(|(_, column)| {
            column.taken == Taken::Variable && column.field.is_none() && !column.mapped
        })
        .filter_map(|(position, _)| {
            let name = self.names[position].as_str();
            Some((name, header::may_bind(name)?))
        })
    }

    /// Returns the columns of which the user may have to say what they are, each with what is not known. A
    /// column may stand here twice.
    pub(super) fn doubts(&self) -> Vec<(usize, Doubt)> {
        let country = [Field::Country, Field::CountryCode];
        let stated = country.iter().any(|field| self.position(*field).is_some());
        let unknown = |column: &Column| {
            column.taken == Taken::Variable
                && column.field.is_none()
                && !column.mapped
                && column.note.is_none()
        };
        let further = self.further_numbers.iter();
        let further = further.filter(|position| !self.each[**position].mapped);
        let further = further.map(|position| (*position, Doubt::Topic(Topic::NUMBER)));
        let kept = self.each.iter().enumerate();
        kept.filter(|(_, column)| unknown(column))
            .flat_map(|(position, column)| {
                let place = Doubt::of_place(&self.names[position]);
                let place = Some(place).filter(|doubt| *doubt == Doubt::Place || !stated);
                let doubts = column.doubt.into_iter().chain(place);
                doubts.map(move |doubt| (position, doubt))
            })
            .chain(further)
            .collect()
    }

    /// Returns the import's table of columns. `rows` holds, by column, how many rows used it.
    pub(super) fn table(&self, rows: &[u64]) -> Vec<ColumnUse> {
        let columns = self.each.iter().enumerate();
        columns
            .map(|(position, column)| ColumnUse {
                column: self.names[position].clone(),
                taken_for: column.taken,
                field: column.field.filter(|_| column.taken == Taken::Field),
                mapped: column.mapped,
                rows: rows.get(position).copied().unwrap_or(0),
                note: column.note.clone(),
            })
            .collect()
    }

    /// Returns whether a cell of free text may ask not to be called.
    pub(super) fn may_ask(&self, position: usize, cell: &str) -> bool {
        if self.named.contains(&position) {
            wishes::name_may_ask(cell)
        } else {
            wishes::may_ask(cell)
        }
    }

    /// Returns whether a column's name says that its digits are no telephone numbers.
    pub(super) fn holds_no_numbers(&self, position: usize) -> bool {
        self.no_numbers.get(position).copied().unwrap_or(false)
    }

    fn settle(&mut self) {
        let others = self.names.iter();
        let others = others.map(|name| header::listed(name) == Listed::Other);
        self.no_numbers = others.collect();
        for (position, column) in self.each.iter().enumerate() {
            let part = matches!(column.field, Some(Field::FirstName | Field::LastName));
            if column.taken == Taken::Variable || (column.taken == Taken::Field && part) {
                let quoted = serde_json::Value::from(self.names[position].as_str()).to_string();
                self.variables.push((position, quoted));
            }
            if column.taken == Taken::Variable && column.field == Some(Field::Number) {
                self.further_numbers.push(position);
            }
            if let (Taken::Variable, Some(field)) = (column.taken, column.field)
                && field.is_place()
            {
                self.further_places.push(FurtherPlace {
                    field,
                    rank: column.rank,
                    position,
                });
            }
            let named = matches!(column.field, Some(Field::Name)) || part;
            let unknown =
                column.taken == Taken::Variable && !column.mapped && column.note.is_none();
            let free_text = matches!(column.field, Some(Field::Number | Field::ConsentSource));
            if unknown || named || free_text {
                self.free.push(position);
            }
            if column.mapped
                && column.taken == Taken::Variable
                && header::is_about_calls(&self.names[position])
            {
                self.watched.push(position);
            }
            if unknown && beside::is_extension(&self.names[position]) {
                self.extensions.push(position);
            }
            if unknown && beside::is_kind_of(&self.names[position], self.name(Field::Number)) {
                self.kinds.push(position);
            }
            if named || (unknown && header::holds_names(&self.names[position])) {
                self.named.push(position);
            }
            let wish = column.field.and_then(Field::wish);
            if let Some(wish) = wish.filter(|_| column.taken == Taken::Field) {
                self.wishes.push((position, wish));
            }
        }
        self.further_places
            .sort_unstable_by_key(|place| (place.rank, place.position));
    }
}

/// Reads the header row, which begins at `line`.
pub(super) fn read(
    origin: &Origin,
    record: &StringRecord,
    line: u64,
    maps: &[ColumnMap],
) -> Result<Columns, FileError> {
    let names = named(record);
    twice(origin, &names, line)?;
    let mut columns = Columns {
        each: understood(origin, &names, line, maps)?,
        names,
        known: [None; Field::ALL.len()],
        wishes: Vec::new(),
        further_numbers: Vec::new(),
        further_places: Vec::new(),
        no_numbers: Vec::new(),
        free: Vec::new(),
        watched: Vec::new(),
        named: Vec::new(),
        extensions: Vec::new(),
        kinds: Vec::new(),
        variables: Vec::new(),
    };
    for field in Field::ALL
        .into_iter()
        .filter(|field| field.wish().is_none())
    {
        choose(origin, &mut columns, field, line)?;
    }
    if columns.position(Field::Number).is_none() {
        return Err(no_number(origin, &columns.names, line));
    }
    columns.settle();
    Ok(columns)
}

/// Returns the names as written. A column without a name is named by its position, as `column_3`.
pub(super) fn named(record: &StringRecord) -> Vec<String> {
    let mut names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    for at in 0..names.len() {
        if names[at].is_empty() {
            let mut name = format!("column_{}", at + 1);
            while names.contains(&name) {
                name.push('_');
            }
            names[at] = name;
        }
    }
    names
}

fn twice(origin: &Origin, names: &[String], line: u64) -> Result<(), FileError> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let plain = same(name);
        if seen.contains(&plain) {
            return Err(origin.refuse(line, name, FileFault::RepeatedColumn));
        }
        seen.push(plain);
    }
    Ok(())
}

/// Returns a name in the spelling used for comparison. A name without letters and digits is compared in lower
/// case.
fn same(name: &str) -> String {
    let plain = header::plain(name);
    if plain.is_empty() {
        name.to_lowercase()
    } else {
        plain
    }
}

fn understood(
    origin: &Origin,
    names: &[String],
    line: u64,
    maps: &[ColumnMap],
) -> Result<Vec<Column>, FileError> {
    let mut targets: Vec<Option<Target>> = vec![None; names.len()];
    for map in maps {
        let position = find(origin, names, &map.column, line)?;
        if targets[position].is_some_and(|target| target != map.target) {
            return Err(origin.refuse(line, &names[position], FileFault::MappedTwice));
        }
        targets[position] = Some(map.target);
    }
    let each = names.iter().zip(targets);
    let each = each.map(|(name, target)| target.map_or_else(|| by_name(name), mapped));
    Ok(each.collect())
}

const fn mapped(target: Target) -> Column {
    let (taken, field) = match target {
        Target::Field(field) => (Taken::Field, Some(field)),
        Target::Variable => (Taken::Variable, None),
        Target::Ignore => (Taken::Ignored, None),
    };
    Column {
        taken,
        field,
        mapped: true,
        rank: 0,
        note: None,
        doubt: None,
    }
}

fn by_name(name: &str) -> Column {
    let mut column = Column {
        taken: Taken::Variable,
        field: None,
        mapped: false,
        rank: 0,
        note: None,
        doubt: None,
    };
    if name == REJECT_REASON {
        column.taken = Taken::Ignored;
        return column;
    }
    match header::meaning(name) {
        Meaning::Field(field, rank) => {
            column.taken = Taken::Field;
            column.field = Some(field);
            // A mapped column ranks before one that is understood by its name.
            column.rank = rank.saturating_add(1);
        }
        Meaning::OtherChannel => {
            column.note = Some("about another channel than calls".to_owned());
        }
        Meaning::Unclear => column.doubt = Some(Doubt::Named),
        Meaning::About(topic) if !topic.is_unknown() => column.doubt = Some(Doubt::Topic(topic)),
        Meaning::About(_) | Meaning::Other if header::nearly_never(name) => {
            column.doubt = Some(Doubt::Named);
        }
        Meaning::About(topic) => column.doubt = Some(Doubt::Topic(topic)),
        Meaning::Other => {}
    }
    column
}

/// Chooses among several columns of one field: the nearest to the person, the first of equals.
fn choose(
    origin: &Origin,
    columns: &mut Columns,
    field: Field,
    line: u64,
) -> Result<(), FileError> {
    let all = columns.each.iter().enumerate();
    let mut found: Vec<(u8, usize)> = all
        .filter(|(_, column)| column.field == Some(field))
        .map(|(position, column)| (column.rank, position))
        .collect();
    found.sort_unstable();
    let Some((rank, first)) = found.first().copied() else {
        return Ok(());
    };
    columns.known[field as usize] = Some(first);
    for (other_rank, other) in found.into_iter().skip(1) {
        let both_mapped = rank == 0 && other_rank == 0;
        if both_mapped || !field.takes_nearest() {
            let first = columns.names[first].clone();
            let fault = FileFault::SameField { first };
            return Err(origin.refuse(line, &columns.names[other], fault));
        }
        let too = if field.is_place() {
            ", and from here where that is empty"
        } else {
            ""
        };
        let note = format!("{field} is taken from `{}`{too}", columns.names[first]);
        let column = &mut columns.each[other];
        column.taken = Taken::Variable;
        column.note = Some(note);
    }
    Ok(())
}

/// Returns the position of the column with this name, in any case.
///
/// # Errors
///
/// Errors if there is no such column; the error names the closest one.
pub(super) fn find(
    origin: &Origin,
    names: &[String],
    wanted: &str,
    line: u64,
) -> Result<usize, FileError> {
    let place = names.iter().position(|name| same(name) == same(wanted));
    place.ok_or_else(|| no_column(origin, names, wanted, line))
}

fn no_column(origin: &Origin, names: &[String], wanted: &str, line: u64) -> FileError {
    let near = names
        .iter()
        .min_by_key(|name| strsim::osa_distance(&same(name), &same(wanted)));
    let fault = FileFault::NoSuchColumn {
        near: near.cloned(),
        names: names.to_vec(),
    };
    origin.refuse(line, wanted, fault)
}

fn no_number(origin: &Origin, names: &[String], line: u64) -> FileError {
    let slip = names.iter().find_map(|name| {
        let meant = nearest(name).filter(|meant| meant.0 == Field::Number)?;
        Some(FileFault::MisspelledNumberColumn {
            name: name.clone(),
            meant: meant.1,
        })
    });
    let fault = slip.unwrap_or_else(|| FileFault::NoNumberColumn {
        names: names.iter().take(8).cloned().collect(),
    });
    origin.refuse(line, "number", fault)
}

/// Returns the known name that is one or two slips away: a letter wrong, missing, too many, or two swapped.
fn nearest(name: &str) -> Option<(Field, &'static str)> {
    let plain = header::plain(name);
    let letters = plain.chars().count();
    if letters < SHORTEST_GUESS {
        return None;
    }
    let slips = if letters < LONG_NAME { 1 } else { 2 };
    header::known_names()
        .map(|meant| (strsim::osa_distance(&plain, meant.1), meant))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, meant)| meant)
}
