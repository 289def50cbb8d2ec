//! A do-not-call list with a header: which of its columns hold numbers, and the numbers.

mod cells;

use csv::StringRecord;

use super::cell::{failed, has_number, swallowed};
use super::columns::{self, ColumnMap, ColumnUse, Field, Taken, Target};
use super::comment::{self, Held};
use super::contacts::{CsvReader, Top, csv_reader, line_of, unreadable};
use super::dnc::DncRow;
use super::file_error::{FileError, FileFault};
use super::header::{self, Listed};
use super::listed::{self, How, LineFault, Row, added, changed};
use super::range;
use super::range_columns;
use super::reject::{self, Cell};
use super::row_error::{RowFault, WithHint};
use super::shape::Shape;
use super::text::{Origin, Text};
use crate::domain::PhoneNumber;

/// The header of a do-not-call list.
#[derive(Clone, Debug)]
pub(super) struct Table {
    names: Vec<String>,
    holds: Vec<Listed>,
    mapped: Vec<bool>,
    /// Columns whose names say nothing, and whose cells hold numbers.
    by_content: Vec<bool>,
    /// By column that is not taken, cells that could be numbers. Shown, so that the user can decide.
    could_be: Vec<u64>,
    line: u64,
    /// Rows above the header.
    above: u64,
    /// The columns of the beginnings and the ends of ranges.
    range: Option<(usize, usize)>,
    /// Whether the list is a registry's. Its column of changes always counts.
    pub(super) of_registry: bool,
}

impl Table {
    /// Returns the header of a list; `None` if its first row is none. A header names a column of numbers, or
    /// has several cells and no digits at all.
    ///
    /// # Errors
    ///
    /// Errors if a mapped column does not exist, or if columns are mapped and the list has no header.
    pub(super) fn find(
        text: &Text,
        shape: &Shape,
        maps: &[ColumnMap],
    ) -> Result<Option<Self>, FileError> {
        let names_numbers = |record: &StringRecord| {
            record
                .iter()
                .any(|name| matches!(header::listed(name), Listed::Numbers | Listed::AreaCodes))
        };
        let top = Top::read(text, shape, names_numbers)?;
        let digits = |name: &str| name.bytes().any(|byte| byte.is_ascii_digit());
        let several = top
            .header
            .iter()
            .filter(|name| !name.trim().is_empty())
            .count()
            > 1;
        let plain = several && !top.header.iter().any(digits);
        let mapped = !maps.is_empty();
        let number = top.header.iter().any(has_number);
        if number && mapped {
            return Err(text.origin.refuse(top.line, "", FileFault::NoHeader));
        }
        if number || !(names_numbers(&top.header) || plain || mapped) {
            return Ok(None);
        }
        let names = columns::named(&top.header);
        let mut table = Self {
            holds: names.iter().map(|name| by_name(name)).collect(),
            mapped: vec![false; names.len()],
            by_content: vec![false; names.len()],
            could_be: vec![0; names.len()],
            names,
            line: top.line,
            above: top.comments,
            range: None,
            of_registry: false,
        };
        for map in maps {
            let position = columns::find(&text.origin, &table.names, &map.column, top.line)?;
            table.mapped[position] = true;
            table.holds[position] = match map.target {
                Target::Field(Field::Number) => Listed::Numbers,
                Target::Field(Field::AreaCode) => Listed::AreaCodes,
                Target::Field(Field::Country | Field::CountryCode) => Listed::Countries,
                Target::Field(_) | Target::Variable | Target::Ignore => Listed::Other,
            };
        }
        Ok(Some(table))
    }

    /// Reads the cells of columns whose names say nothing.
    ///
    /// # Errors
    ///
    /// Errors if no column holds numbers, or if a column may say how many numbers a row stands for.
    pub(super) fn weigh(
        &mut self,
        text: &Text,
        shape: &Shape,
        how: How<'_>,
    ) -> Result<(), FileError> {
        let ends = self.weigh_cells(text, shape, how)?;
        let numbers = |holds: &Listed| *holds == Listed::Numbers;
        if self.holds.iter().any(numbers) || self.by_content.contains(&true) {
            let plain = (0..self.names.len()).filter(|at| !self.mapped[*at]);
            let is_number = |at: &usize| self.holds_numbers(*at);
            let numbers: Vec<usize> = plain.clone().filter(is_number).collect();
            let ends: Vec<usize> = plain.filter(|at| is_number(at) || ends[*at]).collect();
            self.range = range_columns::find(&self.names, &numbers, &ends);
            return Ok(());
        }
        let names = self.names.clone();
        let fault = FileFault::NoColumnOfNumbers { names };
        Err(text.origin.refuse(self.line, "", fault))
    }

    /// Returns, by column that is not known by its name, whether its cells are the last digits of numbers.
    fn weigh_cells(
        &mut self,
        text: &Text,
        shape: &Shape,
        how: How<'_>,
    ) -> Result<Vec<bool>, FileError> {
        let (mut digits, mut numbers) =
            (vec![0u64; self.names.len()], vec![0u64; self.names.len()]);
        let mut ends: Vec<bool> = self.holds.iter().map(|it| *it == Listed::Unknown).collect();
        let counts = self.names.iter().zip(&self.mapped);
        let counts = counts.map(|(name, mapped)| !mapped && range_columns::may_count(name));
        let counts: Vec<bool> = counts.collect();
        let mut reader = self.below(text, shape)?;
        let mut record = StringRecord::new();
        let failed = |error| unreadable(&text.origin, error);
        while reader.read_record(&mut record).map_err(failed)? {
            for (at, cell) in record.iter().enumerate().take(self.names.len()) {
                if matches!(self.holds[at], Listed::Unknown | Listed::Other) && has_number(cell) {
                    digits[at] += 1;
                    numbers[at] += u64::from(listed::holds_numbers(cell, how));
                }
                ends[at] &= cell.is_empty() || range::is_end(cell);
                let many = |cell: &str| cell.trim().parse::<u64>().is_ok_and(|count| count > 1);
                if counts[at] && many(cell) {
                    let line = line_of(&reader, &record);
                    let fault = FileFault::PerhapsCount;
                    return Err(text.origin.refuse(line, &self.names[at], fault));
                }
            }
        }
        for at in 0..self.names.len() {
            let mostly = numbers[at] > 0 && 2 * numbers[at] >= digits[at];
            self.by_content[at] = mostly && self.holds[at] == Listed::Unknown;
            if !self.by_content[at] && !self.mapped[at] {
                self.could_be[at] = numbers[at];
            }
        }
        Ok(ends)
    }

    /// Returns a reader that is positioned below the header.
    pub(super) fn below(&self, text: &Text, shape: &Shape) -> Result<CsvReader, FileError> {
        let mut reader = csv_reader(text, shape)?;
        let mut record = StringRecord::new();
        for _ in 0..=self.above {
            reader
                .read_record(&mut record)
                .map_err(|error| unreadable(&text.origin, error))?;
        }
        Ok(reader)
    }

    /// Returns the header's names as written.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the line of the header, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Returns every column.
    pub(super) fn each(&self) -> impl Iterator<Item = ListColumn<'_>> {
        let columns = self.names.iter().zip(&self.holds).zip(&self.mapped);
        columns.map(|((name, holds), mapped)| ListColumn {
            name,
            holds: *holds,
            mapped: *mapped,
        })
    }

    /// Returns the import's table: what each column was taken for.
    pub(super) fn columns(&self, used: &[u64]) -> Vec<ColumnUse> {
        (0..self.names.len())
            .map(|at| {
                let field = match self.holds[at] {
                    Listed::Numbers => Some(Field::Number),
                    Listed::AreaCodes => Some(Field::AreaCode),
                    Listed::Changes => Some(Field::Change),
                    Listed::Countries => Some(Field::Country),
                    Listed::Unknown if self.by_content[at] => Some(Field::Number),
                    Listed::Unknown if self.range.is_some_and(|(_, last)| last == at) => {
                        Some(Field::Number)
                    }
                    Listed::Unknown | Listed::Other => None,
                };
                let note = (self.could_be[at] > 0).then(|| {
                    let count = self.could_be[at];
                    format!(
                        "{count} of its cells could be numbers; if they are: --map \"{}=number\"",
                        self.names[at]
                    )
                });
                ColumnUse {
                    column: self.names[at].clone(),
                    taken_for: if field.is_some() {
                        Taken::Field
                    } else {
                        Taken::Ignored
                    },
                    field,
                    mapped: self.mapped[at],
                    rows: used.get(at).copied().unwrap_or(0),
                    note,
                }
            })
            .collect()
    }

    /// Returns a reader of the rows.
    pub(super) fn read(&self, text: &Text, shape: &Shape) -> Result<TableReader, FileError> {
        Ok(TableReader {
            reader: csv_reader(text, shape)?,
            used: vec![0; self.names.len()],
            table: self.clone(),
            record: StringRecord::new(),
            down_to_header: self.above + 1,
        })
    }

    /// Returns whether a column's cells are numbers.
    pub(super) fn holds_numbers(&self, at: usize) -> bool {
        self.holds[at] == Listed::Numbers || self.by_content[at]
    }
}

/// A column of a do-not-call list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListColumn<'t> {
    /// The name as written.
    pub(super) name: &'t str,
    /// What the column holds, by its name or by the user's mapping.
    pub(super) holds: Listed,
    /// Whether the user mapped the column.
    pub(super) mapped: bool,
}

fn by_name(name: &str) -> Listed {
    if name == columns::REJECT_REASON {
        Listed::Other
    } else {
        header::listed(name)
    }
}

/// A reader of the rows of a table.
pub(super) struct TableReader {
    reader: CsvReader,
    table: Table,
    record: StringRecord,
    /// By column, rows that gave a number.
    used: Vec<u64>,
    /// Rows down to the header, including it, that are still to be read.
    down_to_header: u64,
}

impl TableReader {
    /// Returns, by column, the rows so far that gave a number or filled a column that completes one.
    pub(super) fn used(&self) -> &[u64] {
        &self.used
    }

    /// Returns the results of the next row; `None` at the end.
    pub(super) fn next(&mut self, origin: &Origin, how: How<'_>) -> Result<Option<Row>, FileError> {
        loop {
            let more = self.reader.read_record(&mut self.record);
            if !more.map_err(|error| unreadable(origin, error))? {
                return Ok(None);
            }
            let line = line_of(&self.reader, &self.record);
            if self.down_to_header == 0 {
                return Ok(Some(self.row(line, how)));
            }
            self.down_to_header -= 1;
            if self.down_to_header > 0 {
                return Ok(Some(self.above_header(line, how)));
            }
        }
    }

    /// Returns the results of a row above the header, which begins with `#`.
    fn above_header(&self, line: u64, how: How<'_>) -> Row {
        match self.doubt(line, &self.record, how) {
            Some(reject) => Row::Rows(vec![reject]),
            None => Row::Comment,
        }
    }

    fn row(&mut self, line: u64, how: How<'_>) -> Row {
        let record = std::mem::take(&mut self.record);
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            self.record = record;
            return Row::Empty;
        }
        let mut rows = Vec::new();
        if let Some(at) = swallowed(&record, self.table.names.len()) {
            rows.push(self.reject(line, &record, at, &RowFault::Swallowed));
        }
        for (at, cell) in cells.iter().copied().enumerate() {
            if at >= self.table.names.len() {
                // A cell beyond the header: a comma in a text, which may have moved a number here.
                if has_number(cell) {
                    rows.push(self.reject(line, &record, at, &LineFault::InNoColumn));
                }
                continue;
            }
            if !self.table.holds_numbers(at) || self.table.is_skipped(at, &cells) {
                continue;
            }
            match self.table.numbers_at(at, &cells, how) {
                Ok(numbers) => {
                    self.used[at] += 1;
                    if let Some((_, last)) = self.table.range.filter(|(first, _)| *first == at) {
                        self.used[last] +=
                            u64::from(cells.get(last).is_some_and(|end| !end.is_empty()));
                    }
                    self.note_beside(&cells);
                    let found = self.changes(line, numbers, &cells);
                    rows.extend(
                        found.unwrap_or_else(|why| vec![self.reject(line, &record, at, &why)]),
                    );
                }
                Err(why) => rows.push(self.reject(line, &record, at, &why)),
            }
        }
        let marked = cells[0].starts_with('#') && !failed(cells[0]);
        let taken = rows.iter().any(|row| !matches!(row, DncRow::Reject(_)));
        let comment = (marked && !taken).then(|| self.doubt(line, &record, how));
        let row = match comment {
            Some(None) => Row::Comment,
            Some(Some(reject)) if rows.is_empty() => Row::Rows(vec![reject]),
            None if rows.is_empty() => Row::Rows(vec![self.no_number(line, &record)]),
            None | Some(Some(_)) => Row::Rows(rows),
        };
        self.record = record;
        row
    }

    /// Returns a reject of a row that begins with `#`, for its first cell that may hold a number.
    fn doubt(&self, line: u64, record: &StringRecord, how: How<'_>) -> Option<DncRow> {
        let mut cells = record.iter().enumerate();
        let (at, cell) = cells.find(|(_, cell)| comment::held(cell, how) != Held::Words)?;
        Some(self.reject(line, record, at, &comment::doubt(cell)))
    }

    /// Returns the numbers as additions, or as the column of changes says.
    fn changes(
        &self,
        line: u64,
        numbers: Vec<PhoneNumber>,
        cells: &[&str],
    ) -> Result<Vec<DncRow>, LineFault> {
        let area = self.table.beside(cells, Listed::AreaCodes);
        match self
            .table
            .beside(cells, Listed::Changes)
            .filter(|_| area.is_some() || self.table.of_registry)
        {
            Some(change) => numbers
                .into_iter()
                .map(|number| changed(line, number, change))
                .collect(),
            None => Ok(added(line, numbers)),
        }
    }

    fn note_beside(&mut self, cells: &[&str]) {
        for (at, used) in self.used.iter_mut().enumerate() {
            let beside = matches!(
                self.table.holds[at],
                Listed::AreaCodes | Listed::Changes | Listed::Countries
            );
            let filled = cells.get(at).is_some_and(|cell| !cell.is_empty());
            *used += u64::from(beside && filled);
        }
    }

    fn reject(&self, line: u64, record: &StringRecord, at: usize, why: &impl WithHint) -> DncRow {
        let cell = Cell {
            column: self.table.names.get(at).map_or("", String::as_str),
            value: record.get(at).unwrap_or_default().trim(),
        };
        DncRow::Reject(Box::new(reject::reject(line, record, cell, why)))
    }

    fn no_number(&self, line: u64, record: &StringRecord) -> DncRow {
        let at = (0..self.table.names.len()).find(|at| self.table.holds_numbers(*at));
        self.reject(line, record, at.unwrap_or(0), &LineFault::NoNumber)
    }
}
