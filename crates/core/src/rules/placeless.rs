//! Names of zones that are the clock of no place, and what to write instead.

/// Names in the zone database that are the clock of no place: a list that writes `EST` may mean a place with
/// summer time.
const PLACELESS: [&str; 21] = [
    "EST",
    "CST",
    "MST",
    "PST",
    "HST",
    "EST5EDT",
    "CST6CDT",
    "MST7MDT",
    "PST8PDT",
    "WET",
    "CET",
    "MET",
    "EET",
    "UTC",
    "UCT",
    "GMT",
    "GMT0",
    "Greenwich",
    "Universal",
    "Zulu",
    "Factory",
];

/// Returns whether the name is an abbreviation or an offset.
pub(super) fn is_placeless(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let offset = upper
        .strip_prefix("UTC")
        .or_else(|| upper.strip_prefix("GMT"))
        .unwrap_or(&upper);
    upper.starts_with("ETC/")
        || upper.starts_with("SYSTEMV/")
        || offset.starts_with(['+', '-'])
        || PLACELESS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns what to write instead of a name without a place.
pub(super) fn instead_of(name: &str) -> &'static str {
    match name
        .get(..3)
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "EST" => "America/New_York",
        "CST" => "America/Chicago",
        "MST" => "America/Denver, or America/Phoenix in Arizona",
        "PST" => "America/Los_Angeles",
        "HST" => "Pacific/Honolulu",
        "CET" | "MET" => "the callee's own zone, such as Europe/Berlin",
        "WET" | "EET" => "the callee's own zone, such as Europe/Lisbon or Europe/Athens",
        _ => "the callee's own zone, such as America/New_York",
    }
}
