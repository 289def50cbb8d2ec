//! dialdeck dials outbound calling campaigns and can prove that it did so lawfully.
//!
//! It calls within each callee's own calling hours, never a number on a do-not-call list, never
//! above a cap, and never twice for one planned attempt, whatever crashes. For every number it can
//! say why it is not being dialed. A wrong call costs its user 500 to 1,500 dollars and a
//! stranger's evening: when in doubt, it does not dial, and says why.
//!
//! Everything that decides is pure: time is an argument and nothing is read from outside. Two seams
//! carry the rest: [`policy::decide()`], the one answer to "may this contact be dialed now", and
//! [`engine::dispatcher`], a state machine without I/O whose effects a shell carries out.
//!
//! | module | owns |
//! |---|---|
//! | [`clock`] | the only place that reads the time |
//! | [`domain`] | the nouns and their legal moves |
//! | [`rules`] | embedded law and number tables |
//! | [`policy`] | may we dial, whom, from which number, what next |
//! | [`config`] | files to typed settings |
//! | [`intake`] | contact and do-not-call lists, row by row |
//! | [`store`] | what must survive: trait, memory, SQLite |
//! | [`provider`] | place, observe, hang up: trait, simulated carrier, LiveKit, BubblyPhone, Plum |
//! | [`engine`] | dispatcher, shell, board |
//! | [`outside`] | what carriers tell the deck, what the deck tells its owner's systems |
//! | [`tui`] | the console: keys, colours, glyphs, panes |
//! | [`cli`] | arguments, wiring, exit codes, reports |
//! | `dialdeck-files` | opening what has to be a file and nothing else |

pub use dialdeck_core::{domain, policy, rules};
pub use {
    dialdeck_clock as clock, dialdeck_engine as engine, dialdeck_providers as provider,
    dialdeck_store as store,
};

pub mod cli;
pub mod config;
pub mod intake;
pub mod outside;
pub mod tui;
