//! Plum Voice against its double.

mod bulk;
mod faults;
mod inbound;
mod queue;

use std::time::Duration;

use dialdeck::domain::PhoneNumber;
use dialdeck::provider::plum::{Account, Platform, Plum};
use dialdeck::provider::remote::secret::Secret;

use dialdeck_testkit::rig::{self, Front, Rig, number};
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::plum::{
    APPLICATION, DEPLOYMENT, DEVELOPER_KEY, EMAIL, LOGIN, Options, PIN, PlumDouble,
};
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Who};

/// A person who picks up after 5 s and talks for half a minute.
fn person() -> PhoneNumber {
    number(1)
}

fn busy() -> PhoneNumber {
    number(2)
}

fn machine() -> PhoneNumber {
    number(3)
}

fn fax() -> PhoneNumber {
    number(4)
}

fn silent() -> PhoneNumber {
    number(5)
}

fn broken() -> PhoneNumber {
    number(6)
}

fn gone() -> PhoneNumber {
    number(7)
}

fn script() -> Script {
    let part = |ring, fate| {
        let ring = Duration::from_secs(ring);
        [Part { ring, fate }]
    };
    let answered = |who| Fate::Answered(who, Duration::from_secs(30));
    let refused = |code| Fate::Refused(code, "");
    Script::new(5)
        .with(&person().to_string(), &part(5, answered(Who::Human)))
        .with(&busy().to_string(), &part(2, refused(486)))
        .with(&machine().to_string(), &part(3, answered(Who::Machine)))
        .with(&fax().to_string(), &part(3, answered(Who::Fax)))
        .with(&silent().to_string(), &part(1, Fate::RingsOut))
        .with(&broken().to_string(), &part(1, refused(500)))
        .with(&gone().to_string(), &part(1, refused(604)))
}

fn double(lab: &Lab) -> PlumDouble {
    PlumDouble::start(Options {
        script: script(),
        ..Options::new(lab)
    })
}

fn dev(double: &PlumDouble) -> Account {
    Account {
        url: double.url(),
        platform: Platform::Dev {
            login: Secret::new(LOGIN),
            pin: Secret::new(PIN),
            voicexml_url: None,
        },
        pci: true,
        singles_per_second: 1,
    }
}

fn fuse(double: &PlumDouble) -> Account {
    Account {
        url: double.fuse_url(),
        platform: Platform::Fuse {
            email: Secret::new(EMAIL),
            key: Secret::new(DEVELOPER_KEY),
            application: APPLICATION.to_owned(),
            deployment: DEPLOYMENT.to_owned(),
        },
        pci: false,
        singles_per_second: 1,
    }
}

fn start(lab: &Lab, account: Account) -> Rig {
    let front = Front::open(lab);
    let plum = Plum::new(account, Some(front.reach.clone()), lab.http()).unwrap();
    front.start(plum)
}

/// A double of DEV and a vendor that speaks with it.
fn dev_rig() -> (PlumDouble, Rig) {
    let lab = rig::lab();
    let double = double(&lab);
    let rig = start(&lab, dev(&double));
    (double, rig)
}

fn fuse_rig() -> (PlumDouble, Rig) {
    let lab = rig::lab();
    let double = double(&lab);
    let rig = start(&lab, fuse(&double));
    (double, rig)
}

/// No number was dialed more often than it was asked to be.
fn assert_one_invite_each(double: &PlumDouble) {
    for (key, invites) in double.ledger().invites() {
        assert_eq!(invites, 1, "{key}");
    }
    assert_eq!(double.seen().overruns, 0);
}
