//! Shell completions and manual pages, generated from the definition of the command line.

use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::{CliError, ExitCode};

/// Runs `dialdeck completions SHELL` and returns its exit code.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub(crate) fn completions(
    args: CompletionsArgs,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dialdeck", &mut text);
    out.write_all(&text)?;
    Ok(ExitCode::Done)
}

/// Runs `dialdeck man` and returns its exit code.
///
/// # Errors
///
/// Errors if the output or a file cannot be written.
pub(crate) fn man(args: &ManArgs, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    match &args.dir {
        Some(dir) => pages(dir),
        None => page(out),
    }
}

/// Writes a page for every subcommand into a folder.
fn pages(dir: &Path) -> Result<ExitCode, CliError> {
    std::fs::create_dir_all(dir).map_err(|error| CliError::file(dir, &error))?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(|error| CliError::file(dir, &error))?;
    Ok(ExitCode::Done)
}

/// Writes the one page, with every subcommand at any depth and the exit codes.
fn page(out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut command = Cli::command();
    command.build();
    Man::new(command.clone()).render(out)?;
    let mut every = Roff::new();
    every.control("SH", ["ALL COMMANDS"]);
    list(&mut every, &command);
    every.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in [
        ("0", "done"),
        ("1", "failed"),
        ("2", "wrong arguments, or no terminal"),
        ("3", "refused by policy"),
        ("4", "the deck is busy or not usable"),
    ] {
        every.control("TP", []);
        every.text([bold(code)]);
        every.text([roman(meaning)]);
    }
    every.to_writer(out)?;
    Ok(ExitCode::Done)
}

fn list(page: &mut Roff, command: &Command) {
    for sub in command.get_subcommands() {
        if sub.get_name() == "help" {
            continue;
        }
        page.control("TP", []);
        page.text([bold(sub.get_bin_name().unwrap_or_else(|| sub.get_name()))]);
        page.text([roman(
            sub.get_about().map(ToString::to_string).unwrap_or_default(),
        )]);
        list(page, sub);
    }
}
