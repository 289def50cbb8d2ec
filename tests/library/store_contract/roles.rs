//! What each role may do to a deck, verb by verb, over every store.

use dialdeck::domain::campaign::Pacing;
use dialdeck::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::domain::{
    AttemptId, Authority, CallEvent, CallEventKind, CallerIdState, CampaignId, CampaignState,
    ContactId, ListKind, Right, Role, TrunkName,
};
use dialdeck::policy::Context;
use dialdeck::policy::breaker::Kept;
use dialdeck::store::{EngineStore, ImportFigures, ImportPlan, ImportTarget, StoreError};

use dialdeck_testkit::world::*;

type Verb<S> = fn(&mut S) -> Result<(), StoreError>;

const CAMPAIGN: CampaignId = CampaignId(1);
const CONTACT: ContactId = ContactId(1);

fn attempt() -> AttemptId {
    AttemptId {
        deck: DECK,
        serial: 9,
    }
}

/// Returns verbs that run, hold, end or pace campaigns.
fn commands<S: EngineStore>() -> [(&'static str, Right, Verb<S>); 12] {
    use Right::{Campaigns, HoldBack};
    [
        ("move_campaign to paused", HoldBack, |store| {
            let to = CampaignState::Paused;
            store
                .move_campaign(CAMPAIGN, to, "", &by(morning()))
                .map(drop)
        }),
        ("move_campaign to running", Campaigns, |store| {
            let to = CampaignState::Running;
            store
                .move_campaign(CAMPAIGN, to, "", &by(morning()))
                .map(drop)
        }),
        ("set_pacing, lower", HoldBack, |store| {
            pace(store, 400, 3, 1)
        }),
        ("set_pacing, higher", Campaigns, |store| {
            pace(store, 550, 4, 1)
        }),
        ("set_pacing, more at once", Campaigns, |store| {
            pace(store, 400, 5, 1)
        }),
        ("set_pacing, another weight", Campaigns, |store| {
            pace(store, 400, 3, 2)
        }),
        ("release_brake", Campaigns, |store| {
            store
                .release_brake(CAMPAIGN, "agents are back", &by(morning()))
                .map(drop)
        }),
        ("reset_trunk", Campaigns, |store| {
            let trunk = TrunkName("carrier".to_owned());
            store.reset_trunk(&trunk, &by(morning())).map(drop)
        }),
        ("requeue", Campaigns, |store| {
            store.requeue(&[CONTACT], &by(morning())).map(drop)
        }),
        ("note_reached", Campaigns, |store| {
            store.note_reached(&[], &by(morning())).map(drop)
        }),
        ("acknowledge", Campaigns, |store| {
            store.acknowledge(1, &by(morning())).map(drop)
        }),
        ("hang_up_all", HoldBack, |store| {
            store.hang_up_all("fire alarm", &by(morning())).map(drop)
        }),
    ]
}

/// Returns the engine's verbs: running the engine is running campaigns.
fn engine<S: EngineStore>() -> [(&'static str, Right, Verb<S>); 9] {
    use Right::Campaigns;
    [
        ("promote_due", Campaigns, |store| {
            store.promote_due(morning(), 1).map(drop)
        }),
        ("expire_due", Campaigns, |store| {
            store.expire_due(morning(), 1).map(drop)
        }),
        ("claim", Campaigns, |store| {
            store
                .claim(ContactId(99), &Context::default(), morning())
                .map(drop)
        }),
        ("record", Campaigns, |store| {
            let (attempt, at) = (attempt(), morning());
            let kind = CallEventKind::Sent;
            store.record(&CallEvent { attempt, at, kind }, at).map(drop)
        }),
        ("mark_unknown", Campaigns, |store| {
            store.mark_unknown(attempt(), "lost", morning()).map(drop)
        }),
        ("settle", Campaigns, |store| {
            store
                .settle(attempt(), &talked(), morning(), morning())
                .map(drop)
        }),
        ("hung_up", Campaigns, |store| store.hung_up(0)),
        ("keep_rest", Campaigns, |store| {
            store.keep_rest(&deck().trunks[0].name, Kept::default())
        }),
        ("append", Campaigns, |store| {
            let ending = DeckEnding::AtRest;
            let closed = EventData::DeckClosed(DeckClosed { ending });
            store.append(&NewEvent::new(morning(), "engine", closed))
        }),
    ]
}

/// Returns verbs that change lists and settings, and the opt-out.
fn lists<S: EngineStore>() -> [(&'static str, Right, Verb<S>); 10] {
    use Right::{Lists, OptOut};
    [
        ("suppress", OptOut, |store| {
            store.suppress(&[opted_out(number(0), morning())]).map(drop)
        }),
        ("configure", Lists, |store| store.configure(&deck())),
        ("add_campaign", Lists, |store| {
            store
                .add_campaign(&settings("recall"), &by(morning()))
                .map(drop)
        }),
        ("start_import", Lists, |store| {
            let plan = ImportPlan {
                file: "people.csv".to_owned(),
                sha256: String::new(),
                rows: 1,
            };
            let into = ImportTarget::List(ListKind::Internal);
            store.start_import(&into, &plan, &by(morning())).map(drop)
        }),
        ("import_contacts", Lists, |store| {
            store.import_contacts(CAMPAIGN, &[], morning()).map(drop)
        }),
        ("finish_import", Lists, |store| {
            store.finish_import(CAMPAIGN, &ImportFigures::default(), &by(morning()))
        }),
        ("import_suppressions", Lists, |store| {
            let list = ListKind::Internal;
            store
                .import_suppressions(&list, &[number(7)], &by(morning()))
                .map(drop)
        }),
        ("finish_list", Lists, |store| {
            let list = ListKind::National("us".to_owned());
            let figures = ImportFigures::default();
            store.finish_list(&list, morning(), &every_area(), &figures, &by(morning()))
        }),
        ("reverse_suppression", Lists, |store| {
            let list = ListKind::Internal;
            store
                .reverse_suppression(number(0), &list, plainly("asked"), &by(morning()))
                .map(drop)
        }),
        ("set_caller_id_state", Lists, |store| {
            store.set_caller_id_state(caller_id(0), CallerIdState::Resting, &by(morning()))
        }),
    ]
}

fn pace<S: EngineStore>(
    store: &mut S,
    minute: u32,
    at_once: u32,
    weight: u32,
) -> Result<(), StoreError> {
    let pacing = Pacing {
        calls_per_minute: minute,
        max_concurrent: at_once,
        weight,
    };
    store.set_pacing(CAMPAIGN, pacing, &by(morning())).map(drop)
}

fn every_verb_needs_its_right<S: EngineStore>(mut new: impl FnMut() -> S) {
    let verbs: Vec<_> = commands()
        .into_iter()
        .chain(engine())
        .chain(lists())
        .collect();
    let roles = Role::ALL.map(Authority::from);
    for who in roles.into_iter().chain([Authority::UNREADABLE]) {
        let role = who.role;
        let mut store = new();
        running(&mut store, 1);
        pace(&mut store, 500, 4, 1).unwrap();
        store.restrict(who);
        for (name, right, verb) in &verbs {
            let before = store.snapshot(morning()).unwrap().head;
            let done = verb(&mut store);
            if who.may(*right) {
                assert!(done.is_ok(), "{role} {name}: {done:?}");
                continue;
            }
            let error = done.unwrap_err();
            let StoreError::NotPermitted {
                role: who,
                right: what,
            } = &error
            else {
                panic!("{role} {name}: {error}");
            };
            assert_eq!((*who, *what), (role, *right), "{name}");
            let words = error.to_string();
            assert!(words.contains(role.as_str()), "{words}");
            assert!(words.contains(right.as_str()), "{words}");
            assert_eq!(store.snapshot(morning()).unwrap().head, before, "{name}");
        }
        assert_eq!(
            store.campaigns().unwrap().len(),
            1 + usize::from(who.may(Right::Lists))
        );
        check_counters(&mut store, morning());
    }
}

#[test]
fn over_memory() {
    every_verb_needs_its_right(memory);
}

#[test]
fn over_sqlite() {
    let mut folders = Vec::new();
    every_verb_needs_its_right(|| {
        folders.push(tempfile::tempdir().unwrap());
        sqlite_engine(&folders[folders.len() - 1])
    });
}
