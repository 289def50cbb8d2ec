//! The console on a terminal.

mod console;
