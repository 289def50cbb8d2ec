//! Texts for property tests.

use proptest::prelude::*;

/// Returns a strategy for texts of up to 40 characters that may disturb a terminal: control characters,
/// escapes, marks of direction, joined and wide characters among plain ones.
pub fn hostile() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        3 => any::<char>(),
        2 => prop::sample::select(
            "\u{0}\u{1b}\u{7f}\u{9b}\u{200d}\u{200e}\u{202e}\u{2067}\u{2028}\u{301}\u{e01}\u{e33}\u{fe0f}\u{1f469}\u{1f3fd}\u{1f1eb}\u{1f1f7}\u{ff9e}\u{ff76}\u{644}\u{627}\u{1100}\u{1161}\u{915}\u{94d}\u{937}"
                .chars()
                .collect::<Vec<_>>()
        ),
        2 => prop::char::range(' ', '~'),
    ];
    prop::collection::vec(char, 0..40).prop_map(|chars| chars.into_iter().collect())
}
