//! Arguments, wiring, exit codes, reports. The only place that names concrete stores and providers.

mod advice;
pub mod args;
mod arguments;
mod backup;
mod call;
mod campaign;
mod campaign_file;
mod carriers;
mod check;
mod clean;
mod clock;
mod console;
mod contacts;
mod credentials;
mod deck;
mod deck_file;
mod demo;
mod diagnostics;
mod dnc;
mod dnc_import;
mod dnc_lists;
mod doctor;
mod engine;
mod env;
mod error;
mod exit_code;
mod files;
mod first_call;
mod hang_up;
pub mod import;
mod integrity;
mod law;
mod limits;
mod listener;
mod log;
mod lost_store;
mod manual;
mod mark_state;
mod needs;
mod notify;
mod number_input;
mod numbers;
mod older_copy;
mod other_deck;
mod output;
mod pause_all;
mod place;
pub mod progress;
mod random;
mod rejects;
mod reporter;
mod restore;
mod results;
mod rules;
mod run;
mod settings;
mod status;
mod trunk;
mod unknown;
mod vendors;
mod why;
mod window;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write, stdout};

use clap::Parser as _;

pub use deck::Deck;
pub use env::Env;
pub use error::CliError;
pub use exit_code::ExitCode;

use clean::{CleanWriter, Form};
use needs::StoreOnly;

use crate::engine::messages;
use crate::tui::tty;

use args::{Cli, Command, ConfigCommand, ContactsCommand};

/// Runs the program: parses the arguments, runs the command, and writes errors to standard error. Returns the
/// exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    files::make_private();
    limits::take_as_errors();
    let args: Vec<OsString> = args.into_iter().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let typed: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let result = match Cli::try_parse_from(args) {
        Ok(cli) => dispatch(&cli),
        Err(error) => arguments::refuse(&error, &typed, json),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            tty::say(&error.render(json));
            error.code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, CliError> {
    let mut out = CleanWriter::new(stdout().lock(), form(cli));
    let out: &mut dyn Write = &mut out;
    match &cli.command {
        Some(Command::Completions(args)) => return manual::completions(*args, out),
        Some(Command::Man(args)) => return manual::man(args, out),
        _ => {}
    }
    let mut env = Env::new(&cli.global)?;
    if !env.read_only {
        diagnostics::start(&env.deck);
    }
    let done = execute(cli.command.as_ref(), &mut env, out);
    let code = done.map_err(|error| needs::explained(error, &env))?;
    out.flush()?;
    Ok(code)
}

/// Returns the form of what a command writes to standard output.
fn form(cli: &Cli) -> Form {
    match &cli.command {
        Some(Command::Completions(_) | Command::Man(_)) => Form::Bytes,
        // Old entries may hold any bytes, and their digests are over these bytes.
        Some(Command::Log(log)) if log.exports() && !stdout().is_terminal() => Form::Bytes,
        Some(Command::Log(log)) if log.exports() => Form::Json,
        _ if cli.global.json => Form::Json,
        _ => Form::Text,
    }
}

fn execute(
    command: Option<&Command>,
    env: &mut Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let Some(command) = command else {
        return welcome(env, out);
    };
    needs::prepare(command, env)?;
    match command {
        Command::Demo(args) => demo::execute(args, env, out),
        Command::Run(args) => run::execute(args, env, out),
        Command::Campaign(command) => campaign::execute(command, env, out),
        Command::Trunk(command) => trunk::execute(command, env, out),
        Command::HangUp(args) => hang_up::execute(args, StoreOnly::new(env), out),
        Command::Contacts(ContactsCommand::Import(args)) => contacts::execute(args, env, out),
        Command::Dnc(command) => dnc::execute(command, env, out),
        Command::Why(args) => why::execute(args, env, out),
        Command::Window(args) => {
            let now = deck::present(env)?;
            let bans = env.deck_config()?.settings.emergency_bans;
            let law = window::Law {
                rules: &env.rules,
                bans: &bans,
            };
            window::run(law, args, now, env.json, out)?;
            Ok(ExitCode::Done)
        }
        Command::Check(args) => check::execute(args, env, out),
        Command::Log(args) => log::execute(args, env, out),
        Command::Status => status::status(env, out),
        Command::Numbers => numbers::execute(env, out),
        Command::Unknown(args) => unknown::execute(args.command.as_ref(), env, out),
        Command::Results(command) => results::execute(command, env, out),
        Command::Doctor => doctor::execute(env, out),
        Command::Clock(args) => clock::execute(args.command.as_ref(), env, out),
        Command::Backup(args) => backup::execute(args, env, out),
        Command::Restore(args) => restore::execute(args, env, out),
        Command::Call(args) => call::execute(args, env, out),
        Command::Completions(args) => manual::completions(*args, out),
        Command::Man(args) => manual::man(args, out),
        Command::Config(ConfigCommand::Print) => settings::print(env, out),
    }
}

/// Runs `dialdeck` without a subcommand: the console, or the next step if there is no deck.
fn welcome(env: &mut Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    if Deck::exists(env) {
        return if env.json {
            needs::prepare(&Command::Status, env)?;
            status::status(env, out)
        } else {
            console::execute(env)
        };
    }
    if env.json || lost_store::of(env).is_some() {
        return Err(Deck::missing(env));
    }
    writeln!(out, "There is no deck at {} yet.", output::named(&env.deck))?;
    writeln!(out)?;
    writeln!(
        out,
        "dialdeck demo               see it at work on sample campaigns"
    )?;
    writeln!(out, "dialdeck check FILE         check a campaign file")?;
    writeln!(
        out,
        "dialdeck campaign add FILE  add it; this makes the deck"
    )?;
    writeln!(out, "dialdeck --help             everything else")?;
    Ok(ExitCode::Done)
}
