//! What an engine reports to the service manager that started it, over a real datagram socket.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use dialdeck_testkit::deck::Deck;
use dialdeck_testkit::deck::engine::Engine;

/// How long the socket is waited for before the program is looked at again.
const LOOK: Duration = Duration::from_secs(1);

/// The socket of a service manager, and the deck that it starts an engine on.
struct Manager {
    deck: Deck,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let deck = Deck::new();
        let socket = UnixDatagram::bind(deck.beside("notify")).unwrap();
        socket.set_read_timeout(Some(LOOK)).unwrap();
        Self { deck, socket }
    }

    fn with_campaign() -> Self {
        let manager = Self::new();
        let deck = &manager.deck;
        deck.write("people.csv", "number\n212-555-0142\n");
        let file = deck.write(
            "recall.toml",
            "name = \"recall\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
             call_class = \"live\"\nagent = \"human\"\ntrunk = \"simulator\"\ncontacts = \"people.csv\"\n\
             [consent]\nrequired = \"none\"\n[caller_id]\npool = \"local\"\n",
        );
        deck.ok(&["campaign", "add", file.to_str().unwrap()]);
        manager
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.deck.command(args);
        command.env("NOTIFY_SOCKET", self.deck.beside("notify"));
        command
    }

    /// Returns the next message of the program. Fails if it has ended without one.
    #[track_caller]
    fn next(&self, engine: &mut Engine) -> String {
        loop {
            let ended = !engine.is_up();
            match self.waiting() {
                Some(message) => return message,
                None => assert!(!ended, "the engine ended: {:?}", engine.errors()),
            }
        }
    }

    /// Returns a message that is there, or comes soon.
    fn waiting(&self) -> Option<String> {
        let mut bytes = [0; 4096];
        match self.socket.recv(&mut bytes) {
            Ok(length) => Some(String::from_utf8(bytes[..length].to_vec()).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A Sunday, on which nothing is dialed, later than any day of the test.
const SUNDAY: &[&str] = &["run", "--speed", "1", "--start-at", "2028-06-04T15:00:00Z"];

#[test]
fn an_engine_is_ready_lives_and_ends() {
    let manager = Manager::with_campaign();
    let mut command = manager.command(SUNDAY);
    command.env("WATCHDOG_USEC", "100000");
    let mut engine = Engine::start(command);
    assert_eq!(manager.next(&mut engine), "READY=1\n");
    for _ in 0..3 {
        assert_eq!(manager.next(&mut engine), "WATCHDOG=1\n");
    }
    engine.signal("TERM");
    let mut message = manager.next(&mut engine);
    while message == "WATCHDOG=1\n" {
        message = manager.next(&mut engine);
    }
    assert_eq!(message, "STOPPING=1\n");
    // Its last signs of life are read, so that none of them waits for a place in the queue.
    while engine.is_up() {
        manager.waiting();
    }
    assert_eq!(engine.wait().0.code(), Some(0));
}

#[test]
fn without_a_watchdog_no_sign_of_life_is_sent() {
    let manager = Manager::with_campaign();
    // The watchdog of another process.
    let mut command = manager.command(&["run", "recall", "--speed", "max", "--until-done"]);
    command.env("WATCHDOG_USEC", "1").env("WATCHDOG_PID", "1");
    let mut engine = Engine::start(command);
    assert_eq!(manager.next(&mut engine), "READY=1\n");
    assert_eq!(engine.wait().0.code(), Some(0));
    assert_eq!(manager.waiting().as_deref(), Some("STOPPING=1\n"));
    assert_eq!(manager.waiting(), None);
}

#[test]
fn an_engine_that_does_not_start_is_not_ready() {
    let manager = Manager::new();
    let output = manager.command(&["run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(manager.waiting(), None);
}

#[test]
fn a_manager_that_is_gone_stops_no_engine() {
    let manager = Manager::with_campaign();
    let mut command = manager.command(&["run", "recall", "--speed", "max", "--until-done"]);
    command.env("NOTIFY_SOCKET", manager.deck.beside("gone"));
    assert_eq!(command.output().unwrap().status.code(), Some(0));
}
