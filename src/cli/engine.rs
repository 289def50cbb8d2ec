//! Runs the engine on a deck: lock, clock, carriers, signals, progress and summary.

use std::collections::BTreeMap;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::args::Speed;
use super::deck::STORE_FILE;
use super::{CliError, Deck, Env, ExitCode, output, rules, status};
use crate::clock::{Clock, DeckClock, ManualClock, ScaledClock};
use crate::config::{DeckConfig, ProviderSettings, SimulatorSettings};
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::{CampaignState, Right, Role, Timestamp, TrunkName};
use crate::engine::Command;
use crate::engine::board::Board;
use crate::engine::shell::{Ending, Ends, Handle, Shell};
use crate::provider::simulator::{CarrierLog, Profile, Simulator};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::lock::EngineLock;
use crate::store::{By, Store as _};
use crate::tui::tty::{self, Tty};

/// How long calls that are up are waited for after a signal, by the deck's clock.
pub(super) const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// Between two looks at the log for `--json`, and at the board for the progress line.
const REPORT_EVERY: Duration = Duration::from_millis(20);

/// Looks between two progress lines.
const LOOKS_PER_LINE: u32 = 50;

/// Entries read from the log at a time.
const PAGE: usize = 1_000;

/// Everything that `run` and `demo` decide about a run.
#[derive(Debug)]
pub(super) struct Run {
    /// Trunks and what stands behind them.
    pub(super) config: DeckConfig,
    /// Clock factor; `None`: the machine's clock.
    pub(super) speed: Option<Speed>,
    /// Where a simulated clock starts; `None`: now.
    pub(super) start_at: Option<Timestamp>,
    /// Seed of the simulated carrier; `None`: the deck file's.
    pub(super) seed: Option<u64>,
    /// The simulated carrier's log; `None`: the deck file's, else in the deck's folder.
    pub(super) carrier_log: Option<PathBuf>,
    /// End when nothing is left to do by time alone.
    pub(super) until_done: bool,
}

/// What the loss of the terminal means for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HangUp {
    /// A graceful end, as any other signal that ends.
    Ends,
    /// Nothing: it was told to go on without one.
    Ignored,
}

/// An engine that runs in this process and owns its deck.
pub(super) struct Running {
    /// What the outside may do with it.
    pub(super) handle: Handle,
    task: JoinHandle<Ending>,
    runtime: Runtime,
    clock: Clock,
    lock: EngineLock,
    /// The log's end when it started.
    from: i64,
}

/// Owns the deck, prepares it and starts the engine.
pub(super) fn start(
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
) -> Result<Running, CliError> {
    env.may_write()?;
    if let Some(fault) = rules::in_force().zone_data_fault() {
        return Err(CliError::deck(format!("nothing is dialed: {fault}"))
            .hint("install a newer release of dialdeck"));
    }
    let role = env.role()?;
    if !role.may(Right::Campaigns) {
        return Err(
            CliError::refused(format!("as {role} you may not run the engine"))
                .hint("attach to a deck whose engine runs: `dialdeck --read-only`"),
        );
    }
    let mut deck = Deck::open_or_create(env)?;
    let lock = own(env)?;
    // What follows is the engine's doing, not the person's.
    deck.store.restrict(Role::Supervisor);
    let clock = start_clock(run, &mut deck)?;
    let by = By {
        actor: "engine".to_owned(),
        at: clock.now(),
    };
    deck.store.configure(&run.config.settings)?;
    log_opened(&mut deck, run, &by)?;
    prepare(&mut deck, &by)?;
    let providers = carriers(run, env)?;
    let from = deck.store.snapshot(by.at)?.head;
    let Deck { store, .. } = deck;
    let bans = run.config.settings.emergency_bans.clone();
    let (shell, handle) = Shell::new(store, providers, clock.clone(), rules::in_force(), bans)
        .map_err(CliError::failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::failed)?;
    let ends = if run.until_done {
        Ends::WhenDone
    } else {
        Ends::WhenTold
    };
    let task = runtime.spawn(shell.run(ends));
    Ok(Running {
        handle,
        task,
        runtime,
        clock,
        lock,
        from,
    })
}

/// Runs the engine until its end and reports.
pub(super) fn execute(
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    start(run, env, prepare)?.see_out(env, HangUp::Ends, out)
}

impl Running {
    /// Reports until the engine ends, then gives the deck free.
    pub(super) fn see_out(
        self,
        env: &Env,
        hang_up: HangUp,
        out: &mut dyn Write,
    ) -> Result<ExitCode, CliError> {
        let mut reporter = Reporter::new(env, self.from)?;
        let watching = watch((self.task, self.handle), hang_up, &mut reporter, out);
        let ending = self.runtime.block_on(watching)?;
        let code = close(env, &self.clock, &ending, &reporter, out)?;
        reporter.tail(out)?;
        drop(self.lock);
        Ok(code)
    }
}

fn own(env: &Env) -> Result<EngineLock, CliError> {
    let lock = EngineLock::try_acquire(&env.deck).map_err(CliError::deck)?;
    lock.ok_or_else(|| {
        CliError::deck(format!(
            "another engine already owns the deck {}",
            env.deck.display()
        ))
        .hint("end it first, or name another deck with --deck DIR")
    })
}

/// The clock of this run, left in the store for other processes. A simulated clock never starts
/// before the last entry of the log.
fn start_clock(run: &Run, deck: &mut Deck) -> Result<Clock, CliError> {
    let system = Clock::System.now();
    let last = deck.store.snapshot(system)?.last_event_at;
    let start = last
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

fn log_opened(deck: &mut Deck, run: &Run, by: &By) -> Result<(), CliError> {
    let rules = rules::in_force();
    let (first, second) = rules.zone_data_versions();
    let clock = match run.speed {
        None => "system",
        Some(Speed::Factor(_)) => "scaled",
        Some(Speed::Max) => "virtual",
    };
    let data = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "rules_digest": rules.digest(),
        "tzdata": [first, second],
        "zone_database": rules::choice().decides(),
        "clock": clock,
    });
    let event = NewEvent::new(by.at, EventKind::DeckOpened, &by.actor).with_data(&data);
    Ok(deck.store.append(&event)?)
}

/// One carrier per trunk.
fn carriers(run: &Run, env: &Env) -> Result<BTreeMap<TrunkName, Simulator>, CliError> {
    run.config
        .providers
        .iter()
        .map(|(trunk, provider)| {
            let ProviderSettings::Simulator(settings) = provider;
            Ok((trunk.clone(), simulator(trunk, settings, run, env)?))
        })
        .collect()
}

fn simulator(
    trunk: &TrunkName,
    settings: &SimulatorSettings,
    run: &Run,
    env: &Env,
) -> Result<Simulator, CliError> {
    let profile = profile(&settings.profile)?;
    let path = run
        .carrier_log
        .clone()
        .or_else(|| settings.carrier_log.clone())
        .unwrap_or_else(|| env.deck.join("carrier.jsonl"));
    let log = CarrierLog::open(&path, trunk).map_err(|error| CliError::file(&path, &error))?;
    Ok(Simulator::new(
        profile,
        run.seed.unwrap_or(settings.seed),
        Some(log),
    ))
}

/// A built-in profile by name, or one read from a file.
fn profile(name: &str) -> Result<Profile, CliError> {
    if Profile::names().contains(&name) {
        return Profile::named(name).map_err(CliError::usage);
    }
    let path = Path::new(name);
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::file(path, &error).hint(format!(
            "built-in profiles are {}",
            Profile::names().join(", ")
        ))
    })?;
    Profile::parse(&text).map_err(|error| CliError::usage(format!("{name}: {error}")))
}

/// Waits for the engine, reports meanwhile, and turns signals into a graceful end.
async fn watch(
    (mut engine, handle): (JoinHandle<Ending>, Handle),
    hang_up: HangUp,
    reporter: &mut Reporter,
    out: &mut dyn Write,
) -> Result<Ending, CliError> {
    let mut term = signal(SignalKind::terminate()).map_err(CliError::failed)?;
    let mut int = signal(SignalKind::interrupt()).map_err(CliError::failed)?;
    let mut hup = signal(SignalKind::hangup()).map_err(CliError::failed)?;
    let mut report = tokio::time::interval(REPORT_EVERY);
    let mut told = false;
    loop {
        tokio::select! {
            ended = &mut engine => {
                return ended.map_err(|error| CliError::failed(format!("the engine failed: {error}")));
            }
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {
                if hang_up == HangUp::Ignored {
                    continue;
                }
            }
            _ = report.tick() => {
                reporter.look(&handle, out)?;
                continue;
            }
        }
        if told {
            return Err(CliError::failed(
                "ended at once; calls that are up are found at the next start",
            )
            .hint("start it again: it asks the carrier what became of them"));
        }
        told = true;
        reporter.say("ending: no new calls; waiting for calls that are up (again to end at once)");
        let asking = handle.clone();
        tokio::spawn(async move {
            asking
                .ask(Command::Drain(Some(DRAIN_LIMIT)), "signal")
                .await
        });
    }
}

/// Writes the log's last entry and the summary.
fn close(
    env: &Env,
    clock: &Clock,
    ending: &Ending,
    reporter: &Reporter,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    if let Ending::StoreFailed(why) = ending {
        return Err(CliError::deck(format!(
            "the store failed, nothing was sent after that: {why}"
        ))
        .hint("mend it (space, permissions), then start again: open calls are asked about"));
    }
    let mut deck = Deck::open(env)?;
    let at = clock.now().max(deck.now()?);
    deck.store
        .append(&NewEvent::new(at, EventKind::DeckClosed, "engine"))?;
    let board = status::board(&mut deck)?;
    if !env.json {
        status::campaigns(&board.campaigns, out)?;
    }
    match ending {
        Ending::LeftUp(calls) => {
            let calls = output::count(*calls as u64, "call");
            reporter.say(&format!(
                "{calls} still up; the next start asks the carrier about them"
            ));
            Ok(ExitCode::Done)
        }
        Ending::AtRest => unfinished(&board),
        Ending::Drained | Ending::StoreFailed(_) => Ok(ExitCode::Done),
    }
}

/// Nothing more happens by time alone; says which campaigns wait for somebody to act.
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

/// Shows a run while it goes on: the log as JSON lines, or a progress line on a terminal.
struct Reporter {
    log: Option<SqliteStore>,
    seen: i64,
    /// Where the progress line is, if anywhere.
    line: Option<Tty>,
    looks: u32,
}

impl Reporter {
    fn new(env: &Env, from: i64) -> Result<Self, CliError> {
        let log = if env.json {
            let path = env.deck.join(STORE_FILE);
            Some(SqliteStore::open_read_only(&path, rules::in_force())?)
        } else {
            None
        };
        Ok(Self {
            log,
            seen: from,
            line: Tty::behind(stderr()).ok().filter(|_| !env.json),
            looks: 0,
        })
    }

    fn look(&mut self, handle: &Handle, out: &mut dyn Write) -> Result<(), CliError> {
        self.tail(out)?;
        self.looks += 1;
        if let Some(line) = &mut self.line
            && self.looks.is_multiple_of(LOOKS_PER_LINE)
        {
            let board = handle.board().borrow().clone();
            // The terminal may not read or have gone; the engine goes on all the same.
            if !line.is_behind() {
                write!(line, "\r{}\x1b[K", progress(&board)).ok();
            }
            line.flush().ok();
        }
        Ok(())
    }

    /// Writes the log's new entries.
    fn tail(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        loop {
            let entries = log.tail(self.seen, PAGE)?;
            for entry in &entries {
                writeln!(out, "{}", entry.line)?;
                self.seen = entry.seq;
            }
            out.flush()?;
            if entries.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn say(&self, text: &str) {
        let start = if self.line.is_some() { "\r\x1b[K" } else { "" };
        tty::say(&format!("{start}{text}\n"));
    }
}

fn progress(board: &Board) -> String {
    let sum = |figure: fn(&crate::engine::board::CampaignBoard) -> u64| {
        board.campaigns.iter().map(figure).sum::<u64>()
    };
    format!(
        "{}  {} up  {} ready  {} waiting  {} attempts  {} of {} contacts ended",
        output::instant(board.now),
        sum(|campaign| campaign.in_flight),
        sum(|campaign| campaign.ready),
        sum(|campaign| campaign.waiting.window + campaign.waiting.retry + campaign.waiting.cap),
        sum(|campaign| campaign.attempts),
        sum(|campaign| {
            campaign.done
                + campaign.suppressed
                + campaign.exhausted
                + campaign.expired
                + campaign.invalid
                + campaign.unknown
        }),
        sum(|campaign| campaign.total),
    )
}
