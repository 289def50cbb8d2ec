//! dialdeck dials outbound calling campaigns and can prove that it did so lawfully.
//!
//! It calls within each callee's own calling hours, never a number on a do-not-call list, never
//! above a cap, and never twice for one planned attempt, even after a crash. For every number it
//! can explain why it is not being dialed. A wrong call costs its user 500 to 1,500 dollars and a
//! stranger's evening: when in doubt, it does not dial, and gives the reason.
//!
//! Everything that decides is pure: time is an argument and nothing is read from outside. Two
//! interfaces carry the rest: [`policy::decide()`], which alone decides whether a contact may be
//! dialed now, and [`engine::dispatcher`], a state machine without I/O whose effects a shell runs.
//!
//! | module | contents |
//! |---|---|
//! | [`clock`] | the only place that reads the time |
//! | [`domain`] | the nouns and their legal moves |
//! | [`rules`] | embedded law and number tables |
//! | [`policy`] | may we dial, whom, from which number, what next |
//! | [`config`] | reads settings files into typed settings |
//! | [`intake`] | contact and do-not-call lists, row by row |
//! | [`store`] | what must survive a crash: trait, memory, SQLite |
//! | [`provider`] | place, observe, hang up: trait, simulated carrier, LiveKit, BubblyPhone, Plum |
//! | [`engine`] | dispatcher, shell, board |
//! | [`http`] | messages from carriers and agents, results for the owner's systems |
//! | [`tui`] | the console: keys, colours, glyphs, panes |
//! | [`cli`] | arguments, wiring, exit codes, reports |
//! | `dialdeck-files` | opens regular files and refuses anything in their place |

pub use dialdeck_core::{domain, policy, rules};
pub use {
    dialdeck_clock as clock, dialdeck_engine as engine, dialdeck_providers as provider,
    dialdeck_store as store,
};

pub mod cli;
pub mod config;
pub mod http;
pub mod intake;

pub mod tui;
