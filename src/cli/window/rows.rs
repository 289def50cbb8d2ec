//! `dialdeck window --csv`: one answer for every row of a file.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write};
use std::path::Path;

use super::super::args::lists;
use super::super::args::window::call_kind;
use super::{Answer, CliError, Defaults, Law, Question, as_json, judge, with_purpose};
use crate::cli::error::Place;
use crate::domain::Timestamp;
use crate::domain::campaign::CallKind;
use crate::rules::LocateError;
use dialdeck_files as regular;

/// The longest file of rows, in bytes.
const LONGEST: u64 = 64 << 20;

const HEADER: [&str; 6] = [
    "id",
    "verdict",
    "reason",
    "region",
    "candidate_zones",
    "next_allowed_utc",
];

/// A row of the file as read.
struct Asked {
    id: String,
    number: String,
    region: Option<String>,
    zone: Option<String>,
    call: CallKind,
    at: Timestamp,
}

/// Reads the whole file first, so that a bad row leaves no partial output. A number, zone or region that is
/// not known denies its row; a class or instant that cannot be read is an error.
pub(super) fn run(
    law: Law<'_>,
    defaults: &Defaults<'_>,
    file: &Path,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let mut printed = Vec::new();
    if !defaults.json {
        printed.push(HEADER.map(str::to_owned));
    }
    for asked in read(defaults, file)? {
        let question = Question {
            number: &asked.number,
            region: asked.region.as_deref(),
            zone: asked.zone.as_deref(),
            call: asked.call,
            at: asked.at,
        };
        let answer = judge(law, &question).unwrap_or_else(|error| refused(&error));
        if defaults.json {
            let mut line = as_json(&asked.number, &question, &answer);
            line["id"] = asked.id.into();
            writeln!(out, "{line}")?;
        } else {
            printed.push(record(asked.id, &answer));
        }
    }
    let mut writer = csv::Writer::from_writer(out);
    for record in printed {
        writer.write_record(record).map_err(io::Error::from)?;
    }
    Ok(writer.flush()?)
}

fn refused(error: &LocateError) -> Answer {
    Answer::denied(match error {
        LocateError::Unfit(unfit) => unfit.as_str(),
        LocateError::UnknownZone(_) => "unknown_zone",
        LocateError::ZoneWithoutPlace(_) => "zone_without_place",
        LocateError::ZoneWithoutRules(_) => "zone_without_rules",
        LocateError::UnknownPostalCode(_) => "unknown_postal_code",
        LocateError::UnknownRegion(_) => "unknown_region",
    })
}

fn record(id: String, answer: &Answer) -> [String; 6] {
    [
        id,
        answer.verdict().to_owned(),
        answer.reason.clone(),
        answer.regions().join(";"),
        answer.zones().join(";"),
        answer.next_text().unwrap_or_default(),
    ]
}

fn read(defaults: &Defaults<'_>, file: &Path) -> Result<Vec<Asked>, CliError> {
    let name = file.display();
    let mut text = String::new();
    regular::open(file, OpenOptions::new().read(true))
        .and_then(|open| open.take(LONGEST + 1).read_to_string(&mut text))
        .map_err(|error| CliError::file(file, &error))?;
    if text.len() as u64 > LONGEST {
        let mib = LONGEST >> 20;
        let fault = CliError::usage(format!("is larger than {mib} MiB"));
        return Err(fault.at(Place::file(name)));
    }
    let bad = |error: csv::Error| {
        CliError::usage(&error)
            .at(Place::file(&name))
            .because(error)
    };
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(bad)?.clone();
    let place = |column: &str| header.iter().position(|known| known.trim() == column);
    let Some(number) = place("number") else {
        let fault = CliError::usage("the column `number` is missing");
        return Err(fault.at(Place::line(name, 1)));
    };
    let [id, region, zone, class, purpose, at] = [
        "id",
        "region_override",
        "zone_override",
        "call_class",
        "purpose",
        "instant_utc",
    ]
    .map(place);
    let args = defaults.args;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let line = record.position().map_or(0, csv::Position::line);
        let blame = |what: String| CliError::usage(what).at(Place::line(&name, line));
        let field = |place: Option<usize>| {
            let text = place.and_then(|place| record.get(place)).map(str::trim);
            text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
        };
        let class = field(class).map_or(Ok(args.class), |text| call_kind(&text));
        let purpose = field(purpose).map_or(Ok(args.purpose), |text| text.parse().map(Some));
        let instant = args.at.unwrap_or(defaults.now);
        let at = field(at).map_or(Ok(instant), |text| lists::instant(&text));
        rows.push(Asked {
            id: field(id).unwrap_or_else(|| (rows.len() + 1).to_string()),
            number: record.get(number).unwrap_or("").to_owned(),
            region: field(region).or_else(|| args.region.clone()),
            zone: field(zone).or_else(|| args.zone.clone()),
            call: with_purpose(class.map_err(blame)?, purpose.map_err(blame)?),
            at: at.map_err(blame)?,
        });
    }
    Ok(rows)
}
