//! Changes under a running or stopped engine: files are moved, replaced, rolled back, cut or damaged. Each
//! fault is done to a real deck by its files, and judged by the exact message, the exit code, and the
//! carrier's own log: no invite follows the fault, and the way out that the message names works.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::too_many_lines, reason = "tables of cases")]

mod bench;
mod carrier;
mod clock;
mod damage;
mod deck_file;
mod elsewhere;
mod ends;
mod fault;
mod ids;
mod imported;
mod judged;
mod locks;
mod loops;
mod older;
mod place;
mod restore;
mod time;
mod why;
