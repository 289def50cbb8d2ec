//! The campaign's `[schedule]`: when it may call, which can only be narrower than the law.

use std::time::Duration;

use toml::de::DeValue;

use super::keywords::ORDERS;
use super::table::Table;
use crate::domain::campaign::Schedule;
use crate::domain::{MinuteOfDay, Timestamp, Weekdays};

/// Returns the schedule of the table, with defaults for absent keys.
pub(super) fn schedule(mut table: Table<'_, '_>) -> Schedule {
    let default = Schedule::default();
    let start = table.instant("start");
    let expires = table.instant("expires");
    let days = days(&mut table);
    let open = table.time_of_day("open");
    let close = table.time_of_day("close");
    let ramp = table.span_of_time("ramp", Duration::ZERO..=Duration::from_hours(1));
    let order = table.word("order", &ORDERS);
    if let (Some(start), Some(expires)) = (start, expires)
        && expires <= start
    {
        table.reject(
            "expires",
            format!("{expires} is not after the start, {start}"),
            "set it later than `start`",
        );
    }
    let schedule = Schedule {
        start,
        expires,
        days: days.unwrap_or(default.days),
        open: open.unwrap_or(default.open),
        close: close.unwrap_or(default.close),
        ramp: ramp.unwrap_or(default.ramp),
        order: order.unwrap_or_default(),
    };
    if schedule.close <= schedule.open {
        let key = if close.is_some() { "close" } else { "open" };
        table.reject(
            key,
            format!(
                "the window {} to {} is empty",
                schedule.open, schedule.close
            ),
            "set `close` later than `open`; both are the callee's local time of one day",
        );
    }
    offer_quarter_past(&table, open, start);
    table.finish();
    schedule
}

/// Adds advice if the campaign opens or starts at the top of the hour. Most dialers start then, and
/// carriers and callees are overloaded.
fn offer_quarter_past(table: &Table<'_, '_>, open: Option<MinuteOfDay>, start: Option<Timestamp>) {
    const CROWDED: &str =
        "is at the top of the hour, when most dialers start and carriers are busy";
    if let Some(open) = open.filter(|open| open.minutes() % 60 == 0 && open.minutes() < 1440)
        && let Some(later) = MinuteOfDay::new(open.minutes() + 15)
    {
        let span = table.value_span("open");
        let hint = format!("consider open = \"{later}\"");
        table
            .source
            .warn(Some(span), &table.name("open"), CROWDED, hint);
    }
    if let Some(start) = start.filter(|start| start.as_millis() % 3_600_000 == 0) {
        let span = table.value_span("start");
        let later = start + Duration::from_mins(15);
        let hint = format!("consider start = {later}");
        table
            .source
            .warn(Some(span), &table.name("start"), CROWDED, hint);
    }
}

/// Returns the days of `"Mon-Fri"` or `["Mon", "Tue"]`; reports a fault for other text.
fn days(table: &mut Table<'_, '_>) -> Option<Weekdays> {
    let item = table.item("days")?;
    let text = if let DeValue::Array(array) = item.value {
        let names = array.iter().map(|value| value.get_ref().as_str());
        names
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
            .join(",")
    } else {
        item.value.as_str().unwrap_or_default().to_owned()
    };
    match text.parse() {
        Ok(days) => Some(days),
        Err(why) => {
            table.reject_unparsed("days", why);
            None
        }
    }
}
