//! The program as its users meet it: commands, exit codes, files, engines that are killed, decks whose files
//! change underneath.

mod broken_input;
mod cli;
mod demo_run;
mod exit_codes;
mod keys;
mod kill;
mod live;
mod liveness;
mod moments;
mod readme;
mod real_input;
mod sample_data;
mod service;
mod underneath;
mod why;
