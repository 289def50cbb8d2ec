//! What an engine without a screen reports to the service manager that started it, by the protocol of
//! `sd_notify(3)`. Without `NOTIFY_SOCKET` in the environment nothing is sent.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::runtime::Runtime;

use crate::engine::shell::Handle;

/// The shortest time between two signs of life.
const SHORTEST: Duration = Duration::from_millis(10);

/// Reports that the engine owns its deck and runs. From then on, reports twice in each period of the
/// manager's watchdog that it lives, if the manager has one.
pub(super) fn ready(engine: &Handle, runtime: &Runtime) {
    send(&NotifyState::Ready);
    if let Some(period) = sd_notify::watchdog_enabled().filter(|period| !period.is_zero()) {
        runtime.spawn(keep_alive(engine.clone(), (period / 2).max(SHORTEST)));
    }
}

/// Reports that the engine has begun to end.
pub(super) fn stopping() {
    send(&NotifyState::Stopping);
}

/// Reports a sign of life at intervals, each only after the engine's loop has made a turn. An engine that
/// hangs gives none, and the manager starts another.
async fn keep_alive(engine: Handle, interval: Duration) {
    loop {
        engine.turn().await;
        // Sending waits while the manager does not read.
        let sent = tokio::task::spawn_blocking(|| send(&NotifyState::Watchdog));
        sent.await.ok();
        tokio::time::sleep(interval).await;
    }
}

fn send(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!("the service manager cannot be reached: {error}");
    }
}
