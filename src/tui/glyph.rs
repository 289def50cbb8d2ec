//! Every glyph of the screen, in one table with its ASCII replacement.

use ratatui::symbols::border;

use super::text;
use crate::domain::ContactState;
use crate::engine::desk::Phase;

macro_rules! glyphs {
    ($($name:ident $unicode:literal $ascii:literal $what:literal;)+) => {
        /// The glyphs in use, each one cell wide.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Glyphs {
            $(#[doc = $what] pub(crate) $name: &'static str,)+
            /// The levels of a sparkline, lowest first.
            pub(crate) spark: [&'static str; 8],
        }

        const UNICODE: Glyphs = Glyphs {
            $($name: $unicode,)+
            spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        };

        const ASCII: Glyphs = Glyphs {
            $($name: $ascii,)+
            spark: ["_", ".", ",", "-", "=", "+", "*", "#"],
        };

        #[cfg(test)]
        const TABLE: &[(&str, &str, &str)] = &[$((stringify!($name), $unicode, $ascii)),+];
    };
}

glyphs! {
    talking "◆" "*" "Contact: in a conversation.";
    ringing "◇" "o" "Contact: the phone rings.";
    sent "»" "^" "Contact: the attempt was sent, no answer yet.";
    next "·" "." "Contact: may be called now.";
    waiting "~" "~" "Contact: waits for a time.";
    blocked "✗" "x" "Contact: must not be called.";
    done "✓" "v" "Contact or campaign: finished.";
    exhausted "▪" "#" "Contact: its attempts are used up.";
    expired "⊘" "%" "Contact: out of time.";
    invalid "!" "!" "Contact: the number cannot be called.";
    unknown "?" "?" "Contact: the last attempt's fate is not known.";
    running "●" "@" "Campaign: dials.";
    paused "‖" "|" "Campaign: held.";
    idle "○" "o" "Campaign: not started, or waits for a window.";
    stopped "■" "X" "Campaign: stopped for good.";
    bar_full "█" "#" "A bar's used part.";
    bar_empty "░" "-" "A bar's free part.";
    window_open "█" "#" "Hours in which calls may go out.";
    window_legal "▒" "+" "Hours that only the law allows.";
    window_never "·" "." "Hours in which none may.";
    now_line "┃" "|" "The present time.";
    cursor "▸" ">" "The selected line.";
    mark "+" "+" "A marked line.";
    alert "!" "!" "An alert.";
    mask "·" "." "A hidden digit.";
    ellipsis "…" ">" "The end of a text that was cut.";
    separator "·" "-" "Between two remarks.";
    up "▲" "^" "More above; sorted upwards.";
    down "▼" "v" "More below; sorted downwards.";
    top_left "┌" "+" "A border.";
    top_right "┐" "+" "A border.";
    bottom_left "└" "+" "A border.";
    bottom_right "┘" "+" "A border.";
    horizontal "─" "-" "A border.";
    vertical "│" "|" "A border.";
}

impl Glyphs {
    /// Returns the glyphs for a terminal with Unicode.
    pub const fn unicode() -> Self {
        UNICODE
    }

    /// Returns the glyphs in ASCII.
    pub(crate) const fn ascii() -> Self {
        ASCII
    }

    /// Returns the glyphs to draw with. They are ASCII if `ascii` asks for it, if the locale is not UTF-8,
    /// and in Chinese, Japanese and Korean locales, whose terminals draw many of the Unicode glyphs two cells
    /// wide.
    ///
    /// `locale` contains the values of `LC_ALL`, `LC_CTYPE` and `LANG`. The first that is set and not empty
    /// counts.
    pub(crate) fn choose(ascii: bool, locale: [Option<&str>; 3]) -> Self {
        let locale = locale.into_iter().flatten().find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let wide = ["zh", "ja", "ko"]
            .iter()
            .any(|language| locale.starts_with(language));
        if ascii || wide || !(locale.contains("utf-8") || locale.contains("utf8")) {
            ASCII
        } else {
            UNICODE
        }
    }

    /// Returns the glyph of a contact's state.
    pub(crate) const fn contact(&self, state: ContactState) -> &'static str {
        match state {
            ContactState::Ready => self.next,
            ContactState::Waiting(_) => self.waiting,
            ContactState::InFlight => self.sent,
            ContactState::Done => self.done,
            ContactState::Exhausted => self.exhausted,
            ContactState::Suppressed => self.blocked,
            ContactState::Expired => self.expired,
            ContactState::Invalid => self.invalid,
            ContactState::Unknown => self.unknown,
        }
    }

    /// Returns the glyph of a campaign's phase.
    pub(crate) const fn campaign(&self, phase: Phase) -> &'static str {
        match phase {
            Phase::Draft | Phase::Waiting => self.idle,
            Phase::Running => self.running,
            Phase::Held => self.alert,
            Phase::Paused => self.paused,
            Phase::Done => self.done,
            Phase::Stopped => self.stopped,
        }
    }

    /// Returns the border of a pane.
    pub(crate) const fn border(&self) -> border::Set<'static> {
        border::Set {
            top_left: self.top_left,
            top_right: self.top_right,
            bottom_left: self.bottom_left,
            bottom_right: self.bottom_right,
            vertical_left: self.vertical,
            vertical_right: self.vertical,
            horizontal_top: self.horizontal,
            horizontal_bottom: self.horizontal,
        }
    }

    /// Returns the text in exactly `width` cells, as [`text::fit`] with the ellipsis in use.
    pub(crate) fn fit(&self, text: &str, width: usize) -> String {
        text::fit_with(text, width, self.ellipsis)
    }

    /// Returns at most `width` cells of the text. A text that was cut ends with the ellipsis in use.
    pub(crate) fn cut(&self, text: &str, width: usize) -> String {
        text::cut(text, width, self.ellipsis)
    }

    /// Returns values as a line of levels. The highest value has the top level, a value of 0 the bottom one.
    pub(crate) fn sparkline(&self, values: &[u64]) -> String {
        let highest = values.iter().copied().max().unwrap_or(0).max(1);
        values
            .iter()
            .map(|value| {
                let level = u128::from(*value) * 7 / u128::from(highest);
                self.spark[usize::try_from(level).unwrap_or(7)]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_glyph_takes_one_cell() {
        for (name, unicode, ascii) in TABLE {
            assert_eq!(text::width(unicode), 1, "{name}");
            assert!(ascii.len() == 1 && ascii.is_ascii(), "{name}");
        }
        assert!(UNICODE.spark.iter().all(|glyph| text::width(glyph) == 1));
    }

    #[test]
    fn no_two_states_look_the_same() {
        for glyphs in [UNICODE, ASCII] {
            let states = [
                glyphs.talking,
                glyphs.ringing,
                glyphs.sent,
                glyphs.next,
                glyphs.waiting,
                glyphs.blocked,
                glyphs.done,
                glyphs.exhausted,
                glyphs.expired,
                glyphs.invalid,
                glyphs.unknown,
            ];
            assert_eq!(BTreeSet::from(states).len(), states.len());
            let campaigns = [
                glyphs.running,
                glyphs.paused,
                glyphs.idle,
                glyphs.stopped,
                glyphs.done,
            ];
            assert_eq!(BTreeSet::from(campaigns).len(), campaigns.len());
            let windows = [
                glyphs.window_open,
                glyphs.window_legal,
                glyphs.window_never,
                glyphs.now_line,
            ];
            assert_eq!(BTreeSet::from(windows).len(), windows.len());
            assert_eq!(BTreeSet::from(glyphs.spark).len(), 8);
            let contacts: BTreeSet<_> = ContactState::ALL.map(|state| glyphs.contact(state)).into();
            assert_eq!(
                contacts.len(),
                ContactState::ALL.len() - 1,
                "both kinds of waiting share one"
            );
        }
    }

    #[test]
    fn the_locale_decides() {
        let unicode = |ascii, locale| Glyphs::choose(ascii, locale) == UNICODE;
        assert!(unicode(false, [None, None, Some("en_US.UTF-8")]));
        assert!(unicode(false, [Some(""), None, Some("C.utf8")]));
        assert!(!unicode(true, [None, None, Some("en_US.UTF-8")]));
        assert!(!unicode(false, [None, None, None]));
        assert!(!unicode(false, [Some("POSIX"), None, Some("en_US.UTF-8")]));
        assert!(!unicode(
            false,
            [None, Some("ja_JP.UTF-8"), Some("en_US.UTF-8")]
        ));
        assert!(!unicode(false, [None, None, Some("de_DE.ISO-8859-1")]));
    }

    #[test]
    fn values_become_levels() {
        assert_eq!(UNICODE.sparkline(&[0, 1, 7, 4]), "▁▂█▅");
        assert_eq!(UNICODE.sparkline(&[0, 0]), "▁▁");
        assert_eq!(ASCII.sparkline(&[u64::MAX, 0]), "#_");
        assert_eq!(UNICODE.sparkline(&[]), "");
    }
}
