//! Tests over the embedded tables as a whole.

use super::*;
use crate::domain::campaign::{CallClass, Evidence, Purpose, RuleOverride};
use crate::domain::{Hints, Timestamp, WindowClass};

fn rules() -> &'static Rules {
    Rules::embedded()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

#[test]
fn every_row_of_every_table_is_read() {
    Rules::parse().unwrap();
}
