//! The arguments of `dialdeck campaign`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand, ValueHint};

use super::{ColumnArgs, CountryArgs};

/// The subcommands of `dialdeck campaign`.
#[derive(Clone, Debug, Subcommand)]
pub enum CampaignCommand {
    /// Add a campaign from its file, with the contacts the file names
    Add(CampaignAddArgs),
    /// List all campaigns
    List,
    /// Show one campaign: settings, numbers, caps
    Show(CampaignNameArgs),
    /// Start campaigns that are in draft
    Start(CampaignMoveArgs),
    /// Pause campaigns: acknowledged once no further call of theirs can leave
    Pause(CampaignPauseArgs),
    /// Resume paused campaigns
    Resume(CampaignMoveArgs),
    /// Stop campaigns for good: acknowledged once no further call of theirs can leave
    Stop(CampaignMoveArgs),
    /// Change a campaign's pace, up to the ceiling its file set
    Set(CampaignSetArgs),
    /// Release the brake that too many abandoned calls put on; it counts from zero, the law's figure stays
    Release(CampaignReleaseArgs),
}

/// The arguments of `dialdeck campaign add`.
#[derive(Clone, Debug, Args)]
pub struct CampaignAddArgs {
    /// The campaign file (TOML)
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Add the campaign without the contacts its file names
    #[arg(long)]
    pub no_contacts: bool,
    /// How the columns of its contacts are read.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The name of one campaign.
#[derive(Clone, Debug, Args)]
pub struct CampaignNameArgs {
    /// The campaign's name
    pub name: String,
}

/// The arguments of `dialdeck campaign start`, `resume` and `stop`.
#[derive(Clone, Debug, Args)]
pub struct CampaignMoveArgs {
    /// The campaigns' names
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Why, for the log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub note: String,
}

/// The arguments of `dialdeck campaign pause`.
#[derive(Clone, Debug, Args)]
pub struct CampaignPauseArgs {
    /// The campaigns' names
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<String>,
    /// Every running campaign
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Why, for the log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub note: String,
}

/// The arguments of `dialdeck campaign release`.
#[derive(Clone, Debug, Args)]
pub struct CampaignReleaseArgs {
    /// The campaign's name
    pub name: String,
    /// What has changed since, for the log
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: String,
}

/// The arguments of `dialdeck campaign set`.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args(["pace", "concurrent", "weight"])))]
pub struct CampaignSetArgs {
    /// The campaign's name
    pub name: String,
    /// Calls per minute at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub pace: Option<u32>,
    /// Calls in flight at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrent: Option<u32>,
    /// Its share of a trunk that several campaigns want
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub weight: Option<u32>,
}
