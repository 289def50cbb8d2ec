//! The console: what operators see and press. Panes only read; every act is an [`action::Action`].

pub mod action;
pub mod colour;
pub mod format;
pub mod glyph;
pub mod keymap;
pub mod keys;
mod settings_file;
pub mod text;
pub mod theme;
