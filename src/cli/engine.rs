//! Runs the engine on a deck: lock, clock, carriers, signals, progress and summary.

mod may_dial;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

pub(super) use self::may_dial::may_dial;
use super::args::Speed;
use super::carriers::{self, Carriers, Simulated};
use super::deck_file::Follower;
use super::listener::{self, Exchange};
use super::place::{Answer, Moved};
use super::reporter::{Reporter, Shown};
use super::{
    CliError, Deck, Env, ExitCode, deck, error, limits, log, notify, output, place, random, status,
};
use crate::clock::{Clock, ClockWatch, DeckClock, ManualClock, ScaledClock};
use crate::config::{DeckConfig, ProviderSettings};
use crate::domain::event::{ClockKind, DeckClosed, DeckEnding, DeckOpened, EventData, NewEvent};
use crate::domain::{CampaignState, Right, Role, Timestamp};
use crate::engine::board::Board;
use crate::engine::deck_file;
use crate::engine::shell::{DRAIN_LIMIT, Ending, Ends, Handle, Shell};
use crate::http::courier::Courier;
use crate::store::sqlite::lock::EngineLock;
use crate::store::sqlite::seal;
use crate::store::{Acts as _, By, Epoch, Reads as _, StoreError};
use crate::tui::tty;

/// The time between two reads of the log for `--json`, and of the board for the progress line.
const REPORT_EVERY: Duration = Duration::from_millis(20);

/// The settings of a run, as decided by `run` and `demo`.
#[derive(Debug)]
pub(super) struct Run {
    /// The trunks and their carriers.
    pub(super) config: DeckConfig,
    /// The deck file that holds these settings, followed while the engine runs. `None` if there is no such
    /// file.
    pub(super) file: Option<PathBuf>,
    /// The clock factor. If `None`, the engine runs on the machine's clock.
    pub(super) speed: Option<Speed>,
    /// Where a simulated clock starts. If `None`, at the present instant.
    pub(super) start_at: Option<Timestamp>,
    /// The command line's settings for simulated carriers.
    pub(super) simulated: Simulated,
    /// Whether the run ends when no work is left that becomes due by time alone.
    pub(super) until_done: bool,
    /// The user's answer for a deck that is not where its last engine ran.
    pub(super) answer: Option<Answer>,
    /// What is shown of the run.
    pub(super) shown: Shown,
}

/// What the loss of the terminal means for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HangUp {
    /// The engine ends gracefully, as by any other signal that ends it.
    Ends,
    /// The engine continues without a terminal.
    Ignored,
}

/// An engine that runs in this process and owns its deck.
pub(super) struct Running {
    /// The handle by which other parts command the engine.
    pub(super) handle: Handle,
    task: JoinHandle<Ending>,
    runtime: Runtime,
    clock: Clock,
    lock: EngineLock,
    /// The end of the log when the engine started.
    from: i64,
    courier: Option<Courier>,
    shown: Shown,
}

/// Locks the deck, prepares it and starts the engine.
///
/// # Errors
///
/// Errors if the deck is not usable or owned, or if `prepare` fails.
pub(super) fn start(
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
) -> Result<Running, CliError> {
    may_run(run, env)?;
    let Taken {
        mut deck,
        lock,
        epoch,
        moved,
    } = take_deck(run, env)?;
    let clock = start_clock(run, &mut deck)?;
    let by = By {
        actor: "engine".to_owned(),
        at: clock.now(),
    };
    deck.store.configure(&run.config.settings)?;
    deck_file::end_alerts(&mut deck.store, &by)?;
    log_opened(&mut deck, run, env.zone_data.decides(), moved.as_ref(), &by)?;
    place::note(&mut deck, env)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::failed)?;
    let ids = deck.store.incarnations()?;
    let on = (&clock, runtime.handle());
    let Carriers { providers, gates } = carriers::make(&run.config, &run.simulated, &ids, env, on)?;
    let exchange = Exchange::prepare(&run.config, gates, &mut deck, &clock, env)?;
    // Everything that the run needs is present now.
    prepare(&mut deck, &by)?;
    let from = deck.store.snapshot(by.at)?.head;
    let store = deck.store.into_engine(epoch)?;
    let (shell, handle) =
        Shell::new(store, providers, clock.clone(), &env.rules).map_err(CliError::failed)?;
    let ends = if run.until_done {
        Ends::AtRest
    } else {
        Ends::OnRequest
    };
    let shell = shell.with_clock_watch(run.speed.is_none().then(ClockWatch::system));
    let task = runtime.spawn(shell.run(ends));
    follow_file(run, &handle, &runtime);
    let courier = exchange.begin(&handle, &clock, runtime.handle());
    Ok(Running {
        handle,
        task,
        runtime,
        clock,
        lock,
        from,
        courier,
        shown: run.shown,
    })
}

/// Returns the random part of the tag in the run's attempt ids. `None` for a simulation with a seed, which has
/// to be the same again.
fn drawn(run: &Run) -> Option<u32> {
    let mut providers = run.config.providers.values();
    let simulated = providers.all(|one| matches!(one, ProviderSettings::Simulator(_)));
    let repeats = simulated && run.simulated.seed.is_some();
    (!repeats).then(random::bits)
}

/// Checks what an engine needs before it opens the deck: the limits of the process, no real phones on a
/// simulated clock, and the user's right.
fn may_run(run: &Run, env: &Env) -> Result<(), CliError> {
    env.may_write()?;
    limits::enough_files()?;
    only_simulated(run)?;
    let who = env.authority()?;
    if !who.may(Right::Campaigns) {
        return Err(
            CliError::not_permitted(format!("as {} you may not run the engine", who.role))
                .hint("attach to a deck whose engine runs: `dialdeck --read-only`"),
        );
    }
    Ok(())
}

/// A deck that was taken for an engine.
struct Taken {
    deck: Deck,
    lock: EngineLock,
    epoch: Epoch,
    /// What the user said about its place.
    moved: Option<Moved>,
}

/// Takes the deck for an engine: locked, in its place, as the last run left it, and whole.
fn take_deck(run: &Run, env: &Env) -> Result<Taken, CliError> {
    let mut deck = Deck::open_quietly(env)?;
    let lock = own(env)?;
    let moved = may_dial(&mut deck, env, &run.config, run.answer)?;
    let epoch = deck.store.take_over(&lock, drawn(run))?;
    deck.store.begin_run()?;
    warn_of_state_folder(&deck, env);
    // From here on the engine acts, not the user.
    deck.store.restrict(Role::Supervisor.into());
    Ok(Taken {
        deck,
        lock,
        epoch,
        moved,
    })
}

/// Warns where the mark is in the deck's folder alone although the user has a folder for its other copy: of
/// a folder that is put back as a whole nothing is then noticed.
fn warn_of_state_folder(deck: &Deck, env: &Env) {
    if let Some(fault) = deck.store.state_mark_fault() {
        let text = format!("{fault}; a deck's folder that is put back as a whole is not noticed");
        tty::say(&CliError::deck(text).render_warning(env.json));
    }
}

/// Follows the deck file while the engine runs.
fn follow_file(run: &Run, engine: &Handle, runtime: &Runtime) {
    if let Some(file) = &run.file {
        let follower = Follower::new(file, &run.config);
        runtime.spawn(follower.follow(engine.clone()));
    }
}

/// Runs the engine until its end and reports. Returns the exit code.
pub(super) fn execute(
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let running = start(run, env, prepare)?;
    notify::ready(&running.handle, &running.runtime);
    running.see_out(env, HangUp::Ends, out)
}

impl Running {
    /// Reports until the engine ends, then releases the deck. Returns the exit code.
    pub(super) fn see_out(
        self,
        env: &Env,
        hang_up: HangUp,
        out: &mut dyn Write,
    ) -> Result<ExitCode, CliError> {
        let mut reporter = Reporter::new(env, self.shown, self.from, &self.handle)?;
        let watching = watch((self.task, self.handle), hang_up, &mut reporter, out);
        let ending = self.runtime.block_on(watching);
        let (ended_well, store_failed) = match &ending {
            Ok((Ending::AtRest | Ending::Drained | Ending::LeftUp(_), _)) => (true, false),
            Ok((Ending::StoreFailed(_), _)) => (false, true),
            Ok((Ending::Displaced(..) | Ending::Superseded, _)) | Err(_) => (false, false),
        };
        let code = ending.and_then(|(ending, unseen)| {
            let code = close(env, self.shown, &self.clock, &ending, &reporter, out);
            let code = match unseen {
                Some(error) if code.is_ok() => Err(error),
                _ => code,
            }?;
            if let Some(courier) = &self.courier {
                listener::last_results(courier, &self.clock, &self.runtime, env)?;
            }
            Ok(code)
        });
        // In every case: the last entry may say why the engine ended.
        let shown = reporter.tail(out);
        drop(reporter);
        let sealed = if ended_well { Deck::seal(env) } else { Ok(()) };
        if store_failed {
            // The file may be what failed: the next start checks it completely.
            seal::forget(&env.deck).ok();
        }
        drop(self.lock);
        let code = code?;
        shown.and(sealed).map(|()| code)
    }
}

/// Errors if a trunk rings real phones on a simulated clock, because they would ring at the wrong hour.
fn only_simulated(run: &Run) -> Result<(), CliError> {
    let real = run
        .config
        .providers
        .iter()
        .find(|(_, provider)| !matches!(provider, ProviderSettings::Simulator(_)));
    match (run.speed, real) {
        (Some(_), Some((trunk, _))) => Err(CliError::refused(format!(
            "trunk {trunk} rings real phones, which a simulated clock would do at the wrong hour"
        ))
        .hint("leave --speed and --start-at out")),
        (None, _) | (_, None) => Ok(()),
    }
}

pub(super) fn own(env: &Env) -> Result<EngineLock, CliError> {
    let lock = EngineLock::try_acquire(&env.deck)
        .map_err(|error| CliError::deck(deck::lock_unseen(&env.deck, &error)))?;
    lock.ok_or_else(|| owned(env))
}

/// Returns the error of a deck that another engine owns. One whose folder was moved from under it sends
/// nothing more, and ends by itself.
fn owned(env: &Env) -> CliError {
    let deck = env.deck.display();
    match place::moved_from(env) {
        Some(place) => CliError::deck(format!(
            "another engine already owns the deck {deck}: it was started at {place}, and the deck was moved from \
             under it"
        ))
        .hint("it sends nothing more, and ends once the calls that are up are over or 30 seconds have passed: try again then"),
        None => CliError::deck(format!("another engine already owns the deck {deck}"))
            .hint("end it first, or name another deck with --deck DIR"),
    }
}

/// Returns the clock of this run, and stores it for other processes. A simulated clock never starts before
/// the last entry of the log.
fn start_clock(run: &Run, deck: &mut Deck) -> Result<Clock, CliError> {
    let system = Clock::System.now();
    let start = deck::last_entry_at(&mut deck.store)?
        .max(Some(run.start_at.unwrap_or(system)))
        .unwrap_or(system);
    let (clock, left) = match run.speed {
        None => (Clock::System, DeckClock::System),
        Some(Speed::Factor(factor)) => {
            let scaled = ScaledClock::start(start, factor);
            (Clock::Scaled(scaled), DeckClock::Scaled(scaled))
        }
        Some(Speed::Max) => (Clock::Manual(ManualClock::at(start)), DeckClock::Virtual),
    };
    let text = serde_json::to_string(&left).map_err(CliError::failed)?;
    deck.store.set_meta(DeckClock::META_KEY, &text)?;
    Ok(clock)
}

fn log_opened(
    deck: &mut Deck,
    run: &Run,
    zone_database: &str,
    moved: Option<&Moved>,
    by: &By,
) -> Result<(), CliError> {
    let (first, second) = deck.rules.zone_data_versions();
    let clock = match run.speed {
        None => ClockKind::System,
        Some(Speed::Factor(_)) => ClockKind::Scaled,
        Some(Speed::Max) => ClockKind::Virtual,
    };
    let opened = EventData::DeckOpened(DeckOpened {
        clock,
        moved: moved.map(Moved::differences),
        rules_digest: deck.rules.digest().to_owned(),
        tag: Some(deck.store.incarnations()?.current()),
        tzdata: [first, second].map(str::to_owned),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        zone_database: zone_database.to_owned(),
    });
    let event = NewEvent::new(by.at, &by.actor, opened);
    Ok(deck.store.append(&event)?)
}

/// Waits for the engine and reports while it runs. Turns signals into a graceful end. Returns how the engine
/// ended, and the error after which nothing could be shown.
async fn watch(
    (mut engine, handle): (JoinHandle<Ending>, Handle),
    hang_up: HangUp,
    reporter: &mut Reporter,
    out: &mut dyn Write,
) -> Result<(Ending, Option<CliError>), CliError> {
    let mut term = signal(SignalKind::terminate()).map_err(CliError::failed)?;
    let mut int = signal(SignalKind::interrupt()).map_err(CliError::failed)?;
    let mut hup = signal(SignalKind::hangup()).map_err(CliError::failed)?;
    let mut report = tokio::time::interval(REPORT_EVERY);
    let mut is_ending = false;
    // The error after which nothing can be shown.
    let mut unseen = None;
    loop {
        tokio::select! {
            ended = &mut engine => {
                notify::stopping();
                let ended = ended.map_err(|error| CliError::failed(format!("the engine failed: {error}")))?;
                return Ok((ended, unseen));
            }
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {
                if hang_up == HangUp::Ignored {
                    continue;
                }
            }
            _ = report.tick(), if unseen.is_none() => {
                // The reader of the output has closed it: the engine ends as by a signal and waits for its
                // calls.
                match reporter.look(out) {
                    Ok(()) => continue,
                    Err(error) => unseen = Some(error),
                }
                if is_ending {
                    continue;
                }
            }
        }
        if is_ending {
            return Err(CliError::failed(
                "ended at once; calls that are up are found at the next start",
            )
            .hint("start it again: it asks the carrier what became of them"));
        }
        is_ending = true;
        notify::stopping();
        reporter.say("ending: no new calls; waiting for calls that are up (again to end at once)");
        let asking = handle.clone();
        tokio::spawn(async move { asking.drain(Some(DRAIN_LIMIT)).await });
    }
}

/// Writes the log's last entry and the summary. Returns the exit code.
fn close(
    env: &Env,
    shown: Shown,
    clock: &Clock,
    ending: &Ending,
    reporter: &Reporter,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let logged = match ending {
        Ending::AtRest => DeckEnding::AtRest,
        Ending::Drained => DeckEnding::Drained,
        Ending::LeftUp(_) => DeckEnding::LeftUp,
        Ending::Displaced(why, up) => {
            left_up(*up, reporter);
            // The files at the path are no longer this engine's to write to.
            let message = format!("{why}; nothing was dialed after that");
            return Err(CliError::deck(message).hint(error::DISPLACED));
        }
        Ending::Superseded => return Err(StoreError::Superseded.into()),
        Ending::StoreFailed(why) => {
            return Err(CliError::deck(format!(
                "the store failed, nothing was sent after that: {why}"
            ))
            .hint("correct the cause (space, permissions), then start again: open calls are asked about"));
        }
    };
    // The engine writes this entry, even if the deck file or roles have changed during its run.
    let mut deck = Deck::open_as(env, Role::Supervisor.into())?;
    let at = clock.now().max(deck.now()?);
    let closed = EventData::DeckClosed(DeckClosed { ending: logged });
    deck.store.append(&NewEvent::new(at, "engine", closed))?;
    deck.store.end_run()?;
    let anchor = log::anchor(&mut deck.store)?;
    // Standard output holds the log or the summary, and nothing more.
    if env.json {
        tty::say(&format!("{}\n", json!({ "anchor": anchor })));
    } else {
        reporter.say(&format!("anchor {anchor}"));
    }
    if shown == Shown::Entries {
        return Ok(ExitCode::Done);
    }
    let board = status::board(&mut deck)?;
    if !env.json {
        status::campaigns(&board.campaigns, out)?;
    }
    match ending {
        Ending::LeftUp(calls) => {
            left_up(*calls, reporter);
            Ok(ExitCode::Done)
        }
        Ending::AtRest => unfinished(&board),
        Ending::Drained | Ending::Displaced(..) | Ending::Superseded | Ending::StoreFailed(_) => {
            Ok(ExitCode::Done)
        }
    }
}

/// Reports calls that are left to recovery.
fn left_up(calls: usize, reporter: &Reporter) {
    if calls > 0 {
        let calls = output::count(calls as u64, "call");
        reporter.say(&format!(
            "{calls} still up; the next start asks the carrier about them"
        ));
    }
}

/// Returns the exit code of a run in which nothing more happens by time alone. Errors if campaigns wait for a
/// person to act; the error names them.
fn unfinished(board: &Board) -> Result<ExitCode, CliError> {
    let open: Vec<String> = board
        .campaigns
        .iter()
        .filter(|campaign| match campaign.state {
            CampaignState::Running | CampaignState::Paused => true,
            CampaignState::Draft | CampaignState::Done | CampaignState::Stopped => false,
        })
        .map(|campaign| format!("{} ({})", campaign.name, campaign.state))
        .collect();
    if open.is_empty() {
        return Ok(ExitCode::Done);
    }
    Err(CliError::refused(format!("not done, and time alone changes nothing: {}", open.join(", ")))
        .hint("`dialdeck why NUMBER` says what a contact waits for; `dialdeck campaign resume NAME` resumes"))
}
