//! The command line: every subcommand, option and default, parsed by clap.

mod campaign;
mod clock;
mod copies;
pub(in crate::cli) mod lists;
pub(in crate::cli) mod window;

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::domain::event::Anchor;
use crate::domain::{Role, Timestamp};

pub use campaign::{
    CampaignAddArgs, CampaignCommand, CampaignMoveArgs, CampaignNameArgs, CampaignPauseArgs,
    CampaignReleaseArgs, CampaignSetArgs,
};
pub use clock::{ClockAcceptArgs, ClockArgs, ClockCommand};
pub use copies::{BackupArgs, RestoreArgs};
pub use lists::{
    ColumnArgs, ContactsCommand, ContactsImportArgs, DncAddArgs, DncCheckArgs, DncCommand,
    DncExportArgs, DncImportArgs, DncListArgs, DncReverseArgs,
};
pub use window::WindowArgs;

/// The text below the options of `--help`.
const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong arguments or no terminal, 3 refused by policy, 4 deck busy or not usable.
A deck is a folder: its store, its lock, its log files and dialdeck.toml.";

/// A console for outbound calling campaigns, with the dialing engine inside
#[derive(Clone, Debug, Parser)]
#[command(name = "dialdeck", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    /// The options that every subcommand takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The subcommand. Without one, the deck's state or the next step is shown.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every subcommand takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
pub struct GlobalArgs {
    /// The deck's folder [default: dialdeck in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "DIALDECK_DECK", hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub deck: Option<PathBuf>,
    /// The deck file [default: dialdeck.toml in the deck's folder]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Print JSON instead of tables; errors are JSON on standard error too
    #[arg(long, global = true)]
    pub json: bool,
    /// Refuse everything that would write to the deck
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Act with fewer rights than the deck file gives you
    #[arg(long, global = true, value_name = "ROLE")]
    pub role: Option<Role>,
    /// The console's theme: dark, light, high-contrast, mono, okabe-ito, …, or NAME of your own DECK/themes/NAME.toml [default: dark]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Console")]
    pub theme: Option<String>,
    /// The console's colours [default: auto]
    #[arg(
        long,
        global = true,
        value_name = "auto|never|16|256|true",
        help_heading = "Console"
    )]
    pub color: Option<String>,
    /// Draw the console with ASCII alone
    #[arg(long, global = true, help_heading = "Console")]
    pub ascii: bool,
    /// Show phone numbers in the console without their last digits
    #[arg(long, global = true, help_heading = "Console")]
    pub mask: bool,
}

/// The subcommands of `dialdeck`.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show the sample campaigns on a simulated carrier, clock and throw-away deck
    Demo(DemoArgs),
    /// Run the engine without a screen
    Run(RunArgs),
    /// Add, start, pause, resume, stop and change campaigns
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Let a trunk that takes no calls try again
    #[command(subcommand)]
    Trunk(TrunkCommand),
    /// Hang up every call that is up; pause the campaigns first, or new ones follow
    HangUp(HangUpArgs),
    /// Import contact lists
    #[command(subcommand)]
    Contacts(ContactsCommand),
    /// Do-not-call lists: opt-outs, imports, look-ups
    #[command(subcommand)]
    Dnc(DncCommand),
    /// Say why a number is or is not being dialed: every gate, the answer, the next possible instant
    Why(WhyArgs),
    /// Say whether numbers may be called by law now or at another instant, and when next
    Window(WindowArgs),
    /// Check a campaign file, then say what it would do with its contacts
    Check(CheckArgs),
    /// Show, export and verify the event log
    Log(LogArgs),
    /// Show every campaign's numbers, the zones, the caller IDs and the alerts
    Status,
    /// Show the caller IDs: whose they are, how they fared in the last hour and day
    Numbers,
    /// Show contacts of unknown fate, and record whether they were reached
    Unknown(UnknownArgs),
    /// Results for campaigns' own addresses that could not be delivered
    #[command(subcommand)]
    Results(ResultsCommand),
    /// Check store, clock, zone data, rules, lists, carriers and the listener, without placing a call
    Doctor,
    /// Show what holds the deck's clock, and say that the machine's is right
    Clock(ClockArgs),
    /// Copy the deck's store and its own lists into a new folder, while the engine runs
    Backup(BackupArgs),
    /// Put a backup in the place of the deck's store, or go on from a store that went back in time
    Restore(RestoreArgs),
    /// Place one test call through every gate, and follow it
    Call(CallArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
    /// Show the deck's settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// The arguments of `dialdeck demo`.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArgs {
    /// Run without the screen
    #[arg(long)]
    pub headless: bool,
    /// End when no campaign has anything left to do
    #[arg(long)]
    pub until_done: bool,
    /// Clock factor, 1 to 86400; `max` jumps from event to event [default: 30]
    #[arg(long, value_name = "N|max")]
    pub speed: Option<Speed>,
    /// Where the simulated clock starts [default: 2026-12-07T15:30:00Z]
    #[arg(long, value_name = "INSTANT", value_parser = lists::instant)]
    pub start_at: Option<Timestamp>,
    /// Seed of the simulated carrier
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where the simulated carrier writes its own JSON lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub carrier_log: Option<PathBuf>,
}

/// The arguments of `dialdeck run`.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
pub struct RunArgs {
    /// Campaigns to run; those in draft are started. None: all that are running
    #[arg(value_name = "CAMPAIGN")]
    pub campaigns: Vec<String>,
    /// End when no campaign has anything left to do
    #[arg(long)]
    pub until_done: bool,
    /// The deck was moved here, or to this machine, and nothing dials at its old place
    #[arg(long)]
    pub moved: bool,
    /// The deck is a copy: make it independent, with its campaigns paused, and end
    #[arg(long, conflicts_with_all = ["moved", "campaigns"])]
    pub copy: bool,
    /// Run without a screen; `run` always does
    #[arg(long)]
    pub headless: bool,
    /// Clock factor, 1 to 86400, on the simulated carrier only; `max` jumps from event to event [default: 1]
    #[arg(long, value_name = "N|max")]
    pub speed: Option<Speed>,
    /// Where the simulated clock starts, on the simulated carrier only [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = lists::instant)]
    pub start_at: Option<Timestamp>,
    /// Seed of the simulated carrier
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where the simulated carrier writes its own JSON lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub carrier_log: Option<PathBuf>,
}

/// The subcommands of `dialdeck trunk`.
#[derive(Clone, Debug, Subcommand)]
pub enum TrunkCommand {
    /// End a trunk's rest now: after refused credentials or a failing route are corrected
    Reset(TrunkResetArgs),
}

/// The arguments of `dialdeck trunk reset`.
#[derive(Clone, Debug, Args)]
pub struct TrunkResetArgs {
    /// The trunk's name
    pub name: String,
}

/// The arguments of `dialdeck call`.
#[derive(Clone, Debug, Args)]
pub struct CallArgs {
    /// The number in any usual spelling; one whose owner knows of the call
    pub number: String,
    /// The trunk to place it through
    #[arg(long, value_name = "TRUNK")]
    pub trunk: String,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck unknown`.
#[derive(Clone, Debug, Args)]
pub struct UnknownArgs {
    /// The user's verdict. Without one, the contacts are shown.
    #[command(subcommand)]
    pub command: Option<UnknownCommand>,
}

/// The verdicts on contacts of unknown fate.
#[derive(Clone, Debug, Subcommand)]
pub enum UnknownCommand {
    /// They were reached: they are done
    Reached(VerdictArgs),
    /// They were not: they are called again as soon as every gate allows
    Again(VerdictArgs),
}

/// The contacts that a verdict is about.
#[derive(Clone, Debug, Args)]
pub struct VerdictArgs {
    /// The number in any usual spelling
    pub number: String,
    /// Only in this campaign
    #[arg(long, value_name = "CAMPAIGN")]
    pub campaign: Option<String>,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The subcommands of `dialdeck results`.
#[derive(Clone, Debug, Subcommand)]
pub enum ResultsCommand {
    /// Show results that were given up
    List,
    /// Send results that were given up once more, all of them or one
    Resend(ResendArgs),
}

/// The arguments of `dialdeck results resend`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ResendArgs {
    /// The result, as the list shows it; none: all of them
    pub result: Option<i64>,
}

/// The arguments of `dialdeck hang-up`.
#[derive(Clone, Debug, Args)]
pub struct HangUpArgs {
    /// Every call, of every campaign
    #[arg(long, required = true)]
    pub all: bool,
    /// Why, for the log
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: String,
}

/// How numbers without a country code are read.
#[derive(Clone, Debug, Args)]
pub struct CountryArgs {
    /// Country of numbers written without one, US or GB [default: as in the deck file]
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    pub country: Option<String>,
}

/// The speed of a simulated clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Simulated seconds per real second, 1 to [`Speed::MAX_FACTOR`].
    Factor(u32),
    /// Jumps from event to event, without waiting.
    Max,
}

impl Speed {
    /// The highest factor: a day per second. Above it a scaled clock is too coarse to keep call events apart.
    pub const MAX_FACTOR: u32 = 86_400;
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse()
            .ok()
            .filter(|factor| (1..=Self::MAX_FACTOR).contains(factor))
            .map(Self::Factor)
            .ok_or_else(|| "use a whole number from 1 to 86400, or max".to_owned())
    }
}

/// The arguments of `dialdeck why`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit code 0 whatever the answer is: the question was answered.")]
pub struct WhyArgs {
    /// The number in any usual spelling
    pub number: String,
    /// Only this campaign
    #[arg(long, value_name = "CAMPAIGN")]
    pub campaign: Option<String>,
    /// As of this instant [default: the deck's present]
    #[arg(long, value_name = "INSTANT", value_parser = lists::instant)]
    pub at: Option<Timestamp>,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// The campaign file (TOML)
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// As of this instant [default: the deck's present]
    #[arg(long, value_name = "INSTANT", value_parser = lists::instant)]
    pub at: Option<Timestamp>,
    /// How the columns of its contacts are read.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck log`.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LogArgs {
    /// What to do with the log. Without a subcommand, its end is shown.
    #[command(subcommand)]
    pub command: Option<LogCommand>,
    /// Keep showing new entries until interrupted
    #[arg(long, short)]
    pub follow: bool,
    /// How many of the last entries to show
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub last: u32,
}

impl LogArgs {
    /// Returns whether entries are printed as they were sealed.
    pub const fn exports(&self) -> bool {
        matches!(self.command, Some(LogCommand::Export(_)))
    }
}

/// The subcommands of `dialdeck log`.
#[derive(Clone, Debug, Subcommand)]
pub enum LogCommand {
    /// Print every entry as one JSON object a line, as sealed
    Export(LogExportArgs),
    /// Check sequence, chain and digests of the deck's log or of an exported file
    Verify(LogVerifyArgs),
    /// Print the log's end as SEQ:HASH, to be kept outside the deck
    Anchor,
}

/// The arguments of `dialdeck log export`.
#[derive(Clone, Copy, Debug, Args)]
pub struct LogExportArgs {
    /// JSON lines, which is the only format
    #[arg(long)]
    pub jsonl: bool,
    /// Only entries after this place
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub after: i64,
}

/// The arguments of `dialdeck log verify`.
#[derive(Clone, Debug, Args)]
pub struct LogVerifyArgs {
    /// An exported log, `-` for standard input; none: the deck's own
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// An end of the log that was kept: the log must still hold it
    #[arg(long, value_name = "SEQ:HASH")]
    pub anchor: Vec<Anchor>,
}

/// The arguments of `dialdeck completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// The arguments of `dialdeck man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Write a page for every subcommand into this folder instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// The subcommands of `dialdeck config`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the deck's settings as they are in force
    Print,
}

/// Parses a country code of ISO 3166-1, two letters. Returns it in upper case.
fn country(text: &str) -> Result<String, String> {
    let country = text.to_ascii_uppercase();
    if country.len() == 2 && crate::intake::is_country(&country) {
        Ok(country)
    } else {
        Err("use the two letters of a country, such as US or GB".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn speeds_are_factors_or_max() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("30".parse(), Ok(Speed::Factor(30)));
        for bad in ["0", "-1", "86401", "fast", "1.5", ""] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }
}
