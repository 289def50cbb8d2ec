//! The arguments of `dialdeck window`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::lists::instant;
use crate::domain::Timestamp;
use crate::domain::campaign::{CallClass, CallKind, Purpose};

/// The arguments of `dialdeck window`.
#[derive(Clone, Debug, Args)]
pub struct WindowArgs {
    /// Numbers in any usual spelling
    #[arg(value_name = "NUMBER", required_unless_present = "csv")]
    pub numbers: Vec<String>,
    /// The instant to judge, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub at: Option<Timestamp>,
    /// Whose voice speaks: live or automated; `debt` is a live call that collects a debt
    #[arg(long, value_name = "CLASS", default_value = "live", value_parser = call_kind)]
    pub class: CallKind,
    /// What the call is for: sales, reminder, survey, debt or information
    ///
    /// Some hours bind only calls that sell or that collect debts.
    #[arg(long, value_name = "PURPOSE")]
    pub purpose: Option<Purpose>,
    /// Where the callee is, in place of what the number suggests: US-FL
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The callee's time zone, in place of what the number suggests
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Judge the rows of a CSV file
    ///
    /// Its columns: `id, number, region_override, zone_override, call_class, purpose, instant_utc`;
    /// others are ignored, and only `number` must be there.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "numbers")]
    pub csv: Option<PathBuf>,
}

/// Parses `live` or `automated`, or `debt` for a live call that collects one.
pub(in crate::cli) fn call_kind(text: &str) -> Result<CallKind, String> {
    [
        (CallClass::Live.as_str(), CallKind::LIVE),
        (CallClass::Automated.as_str(), CallKind::AUTOMATED),
        (Purpose::Debt.as_str(), CallKind::DEBT),
    ]
    .into_iter()
    .find_map(|(word, kind)| (word == text).then_some(kind))
    .ok_or_else(|| format!("`{text}` is not a call class; use live, automated or debt"))
}
