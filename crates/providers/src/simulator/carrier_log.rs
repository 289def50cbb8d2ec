//! The carrier's own log, as JSON lines: what really happened, independent of what was reported to the
//! engine.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dialdeck_core::domain::{AttemptId, CallReport, Timestamp, TrunkName};
use dialdeck_files as regular;

use super::ledger::Ledger;
use super::line::Line;

/// The file to which a simulated carrier writes one line per event.
///
/// Each step is one unbuffered write, so a process that is killed loses nothing that was already sent. A
/// carrier that opens the file again continues where the previous one stopped. Lines for events between the
/// two runs carry the instants at which the events happened, so lines may be out of order.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::TrunkName;
/// use dialdeck_providers::simulator::{CarrierLog, Profile, Simulator};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("carrier.jsonl");
/// let log = CarrierLog::open(&path, &TrunkName("main".to_owned()))?;
/// let carrier = Simulator::new(Profile::default(), 7, Some(log));
/// assert_eq!(std::fs::read_to_string(&path)?, "");
/// # drop(carrier);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CarrierLog {
    path: PathBuf,
    file: File,
    past: Ledger,
}

impl CarrierLog {
    /// Opens or creates the log and reads the lines of `trunk`. Carriers of several trunks may share a file.
    /// A last line that a crash cut short is completed or removed.
    ///
    /// # Errors
    /// Errors if the file cannot be read or written, or if a line other than the last is not a line of a
    /// carrier log ([`io::ErrorKind::InvalidData`], with the line number).
    pub fn open(path: impl AsRef<Path>, trunk: &TrunkName) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let mut how = OpenOptions::new();
        let mut file = regular::open(&path, how.read(true).append(true).create(true))?;
        repair_end(&mut file)?;
        let mut past = Ledger::default();
        file.seek(SeekFrom::Start(0))?;
        each_line(&file, "", |line| {
            if line.trunk == *trunk {
                past.apply(&line);
            }
            true
        })?;
        Ok(Self { path, file, past })
    }

    /// Returns what the file held when it was opened; empty from the second call on.
    pub(super) fn take_past(&mut self) -> Ledger {
        std::mem::take(&mut self.past)
    }

    /// Appends lines in a single write.
    pub(super) fn append(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut text = Vec::with_capacity(lines.len() * 256);
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        self.file.write_all(&text)
    }

    /// Returns how an attempt ended, read from the file. Slow; used for calls that are no longer in memory.
    pub(super) fn find_end(
        &self,
        attempt: AttemptId,
    ) -> io::Result<Option<(CallReport, Timestamp)>> {
        let mut found = None;
        let needle = format!("\"{attempt}\"");
        let file = regular::open(&self.path, OpenOptions::new().read(true))?;
        each_line(&file, &needle, |line| {
            if line.attempt == attempt && !line.merged {
                found = line.report.map(|report| (report, line.at));
            }
            found.is_none()
        })?;
        Ok(found)
    }
}

#[cfg(test)]
impl CarrierLog {
    /// Returns a log that cannot be written.
    pub(super) fn open_broken(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: File::open(path).unwrap(),
            past: Ledger::default(),
        }
    }
}

/// Calls `take` with every line that contains `needle` until `take` returns `false`. Other lines are not
/// parsed, because that would make the search of a long log slow.
///
/// Errors if the file cannot be read or a matching line is not a carrier log line.
fn each_line(file: &File, needle: &str, mut take: impl FnMut(Line) -> bool) -> io::Result<()> {
    for (index, text) in BufReader::new(file).lines().enumerate() {
        let text = text?;
        if !text.contains(needle) {
            continue;
        }
        let line = serde_json::from_str(&text).map_err(|error| {
            let why = format!("line {} is not a carrier log line: {error}", index + 1);
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        if !take(line) {
            break;
        }
    }
    Ok(())
}

/// Makes the file end in a whole line: a complete last line gets its newline, a torn one is removed.
fn repair_end(file: &mut File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail_from = length.saturating_sub(LONGEST_LINE);
    file.seek(SeekFrom::Start(tail_from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    if tail.is_empty() || tail.ends_with(b"\n") {
        return Ok(());
    }
    let begin = tail
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    if serde_json::from_slice::<Line>(&tail[begin..]).is_ok() {
        file.write_all(b"\n")
    } else {
        let kept = u64::try_from(begin).unwrap_or(u64::MAX);
        file.set_len(tail_from.saturating_add(kept))
    }
}

/// The longest line in bytes. Names and reasons are limited far below it.
const LONGEST_LINE: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::DialRequest;
    use dialdeck_core::domain::{Briefing, DeckId};

    fn invite(serial: i64) -> Line {
        let attempt = AttemptId {
            deck: DeckId(1),
            serial,
        };
        let request = DialRequest {
            attempt,
            trunk: TrunkName("main".to_owned()),
            campaign: "spring".to_owned(),
            to: "+12125550142".parse().unwrap(),
            from: "+16465550100".parse().unwrap(),
            ring_timeout: Duration::from_secs(30),
            max_call: Duration::from_mins(30),
            not_before: Timestamp::MIN,
            expires_at: Timestamp::MAX,
            human_agent: true,
            pci: false,
            briefing: Briefing::default(),
        };
        Line::invite(&request, Timestamp::from_millis(serial * 1_000))
    }

    #[test]
    fn an_end_that_memory_let_go_is_found_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = CarrierLog::open(
            dir.path().join("carrier.jsonl"),
            &TrunkName("main".to_owned()),
        )
        .unwrap();
        let report = CallReport {
            sip_code: Some(486),
            ..CallReport::default()
        };
        for serial in 1..=3 {
            let line = invite(serial);
            let end = line.ended(Timestamp::from_millis(9_000), &report);
            log.append(&[line, end]).unwrap();
        }
        log.append(&[invite(4)]).unwrap();
        let found = log.find_end(invite(2).attempt).unwrap();
        assert_eq!(found, Some((report, Timestamp::from_millis(9_000))));
        assert_eq!(log.find_end(invite(4).attempt).unwrap(), None);
        assert_eq!(log.find_end(invite(5).attempt).unwrap(), None);
    }

    #[test]
    fn the_first_members_are_the_format_that_auditors_read() {
        let text = serde_json::to_string(&invite(1)).unwrap();
        let head = r#"{"at":"1970-01-01T00:00:01.000Z","event":"invite","attempt":"00000001-1","to":"+12125550142","from":"+16465550100","trunk":"main""#;
        assert!(text.starts_with(head), "{text}");
    }
}
