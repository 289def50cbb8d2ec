//! The engine: a dispatcher without I/O, and the shell that carries its effects out.

pub mod board;
