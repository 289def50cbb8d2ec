//! `dialdeck contacts import`: a contact list into a campaign.

use std::io::Write;

use serde_json::json;

use super::args::ContactsImportArgs;
use super::{CliError, Deck, Env, ExitCode, import, output, rejects};
use crate::store::Reads as _;

/// Runs `dialdeck contacts import`. Returns exit code 1 if no row was taken or known, or
/// if a row that may ask for no calls has no number that can be read.
///
/// # Errors
///
/// Errors if the campaign does not exist, or the deck or the list cannot be used.
pub(crate) fn execute(
    args: &ContactsImportArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    if !args.dry_run {
        env.may_write()?;
    }
    let mut deck = if args.dry_run {
        Deck::open(env)?
    } else {
        Deck::open_to_write(env)?
    };
    let campaign = deck.store.campaign(&args.campaign)?;
    let country = env.country(&args.country)?;
    import::say_waits(&args.file);
    let file = import::open(&args.file, &args.columns.maps, &country)?;
    let rejected = rejects::place(args.rejects.as_deref(), &args.file, &env.deck)?;
    let mut plan = import::plan(env, &args.country, &args.columns, rejected)?;
    plan.dry_run = args.dry_run;
    let by = deck.by()?;
    let taken = import::contacts(&mut deck.store, &campaign, &file, &plan, &by)?;
    if env.json {
        let mut document = serde_json::to_value(&taken).map_err(CliError::failed)?;
        document["campaign"] = json!(campaign.name());
        document["dry_run"] = json!(args.dry_run);
        output::json(out, &document)?;
    } else {
        import::say(&taken, args.dry_run, out)?;
    }
    let nothing = taken.figures.rejected == taken.figures.rows;
    Ok(if nothing || taken.not_held > 0 {
        ExitCode::Failed
    } else {
        ExitCode::Done
    })
}
