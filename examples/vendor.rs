//! A double of a carrier's API, to try the console against: `cargo run --example vendor -- livekit --port
//! 7880 --webhook http://127.0.0.1:8077/lk/webhook`.
//!
//! It prints what the deck file and the environment need, then serves until it is interrupted.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for whoever reads its source"
)]

use dialdeck::clock::Clock;
use dialdeck_testkit::vendors::bubblyphone::{self, BubblyPhoneDouble};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::livekit::{self, LiveKitDouble};
use dialdeck_testkit::vendors::plum::{self, PlumDouble};
use dialdeck_testkit::vendors::script::Script;

/// Caller IDs of the printed deck file.
const NUMBERS: [&str; 2] = ["+16465550100", "+16465550101"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1).cloned()
    };
    let port = value("--port").map_or(0, |port| port.parse().unwrap());
    let numbers = NUMBERS.map(str::to_owned);
    let pool = "[[pool]]\nname = \"main\"\ntrunk = \"double\"\nnumbers = [\"+16465550100\", \"+16465550101\"]";
    let head = "[[trunk]]\nname = \"double\"";
    let lab = Lab::sockets(Clock::System);
    match args.first().map(String::as_str) {
        Some("livekit") => {
            let settings = livekit::Settings {
                numbers: numbers.to_vec(),
                webhook: value("--webhook"),
                ..livekit::Settings::default()
            };
            let (key, secret) = (settings.key.clone(), settings.secret.clone());
            let (trunk, agent) = (settings.trunk.clone(), settings.agent.clone());
            let double = LiveKitDouble::start(livekit::Options {
                port,
                lab,
                script: Script::new(1),
                faults: Faults::new(1),
                settings,
            });
            println!("export LIVEKIT_API_KEY='{key}' LIVEKIT_API_SECRET='{secret}'\n\n{head}");
            println!("kind = \"livekit\"\nurl = \"{}\"", double.url());
            println!("sip_trunk = \"{trunk}\"\nagent = \"{agent}\"\n\n{pool}");
            std::thread::park();
        }
        Some("bubblyphone") => {
            let options = bubblyphone::Options::new(&lab, Script::new(1), &numbers);
            let double = BubblyPhoneDouble::start(bubblyphone::Options { port, ..options });
            println!(
                "export BUBBLYPHONE_API_KEY='{}'\n\n{head}",
                bubblyphone::KEY
            );
            println!(
                "kind = \"bubblyphone\"\nurl = \"{}\"\n\n{pool}",
                double.url()
            );
            std::thread::park();
        }
        Some("plum") => {
            let double = PlumDouble::start(plum::Options {
                port,
                ..plum::Options::new(&lab)
            });
            println!(
                "export PLUM_LOGIN='{}' PLUM_PIN='{}'\n\n{head}",
                plum::LOGIN,
                plum::PIN
            );
            println!("kind = \"plum\"\napi = \"dev\"\nurl = \"{}\"", double.url());
            println!("queue_wait = \"2m\"\n\n{pool}");
            std::thread::park();
        }
        _ => {
            eprintln!("usage: vendor livekit|bubblyphone|plum [--port N] [--webhook URL]");
            std::process::exit(2);
        }
    }
}
