//! What keys change in the model, and what they request.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::domain::CampaignState;
use crate::engine::desk::{ContactRow, ListPage, PageRequest};
use crate::tui::action::ContactAction;
use crate::tui::dialog::fixture::drawn;
use crate::tui::shared::{Pane, Reach};
use crate::tui::view::fixture::{model, now};

const SIZE: (u16, u16) = (120, 36);

/// Presses a key that is one character, and returns what it requests.
fn press(model: &mut Model, key: char) -> Vec<Cmd> {
    let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    update(model, Msg::Key(key), 1)
}

/// Returns the dialog on top as text.
fn shown(model: &Model) -> String {
    let dialog = model.dialog.as_ref().unwrap();
    drawn(&**dialog, &model.shared).backend().to_string()
}

fn notice(model: &Model) -> &str {
    let notice = model.shared.notice.as_ref();
    notice.map_or("", |notice| notice.text.as_str())
}

#[test]
fn a_list_behind_an_expanded_pane_keeps_its_position() {
    let mut model = model((80, 24));
    model.list.after = false;
    press(&mut model, 'G');
    let (top, selected) = (model.list.top, model.list.selected);
    assert!(top > 0, "the list is scrolled");
    model.shared.pane = Pane::Events;
    assert_eq!(press(&mut model, 'e'), []);
    assert!(model.shared.expanded);
    update(&mut model, Msg::Tick(now()), 2);
    assert_eq!((model.list.top, model.list.selected), (top, selected));
    assert_eq!(press(&mut model, 'e'), [], "nothing has to be loaded again");
    assert_eq!((model.list.top, model.list.selected), (top, selected));
}

#[test]
fn down_goes_to_older_events_which_are_further_down() {
    let mut model = model(SIZE);
    model.shared.pane = Pane::Events;
    press(&mut model, 'j');
    press(&mut model, 'j');
    assert_eq!(model.shared.events_back, 2);
    press(&mut model, 'k');
    assert_eq!(model.shared.events_back, 1);
    press(&mut model, 'G');
    assert_eq!(model.shared.events_back, model.shared.events.len() - 1);
    press(&mut model, 'g');
    assert_eq!(model.shared.events_back, 0);
}

#[test]
fn a_role_that_may_not_gets_neither_an_act_nor_a_question() {
    let mut model = model(SIZE);
    model.shared.viewer.may.campaigns = Reach::Nothing;
    model.shared.viewer.may.opt_out = false;
    model.shared.viewer.may.import = false;
    for action in Action::ALL {
        if action.need() == Need::Nothing {
            continue;
        }
        model.shared.notice = None;
        let mut cmds = Vec::new();
        perform(&mut model, *action, &mut cmds);
        assert_eq!(cmds, [], "{}", action.name());
        assert!(model.dialog.is_none(), "{}", action.name());
        assert!(notice(&model).starts_with("the role operator may not "));
    }
}

#[test]
fn a_role_that_only_holds_back_starts_and_raises_nothing() {
    let mut model = model(SIZE);
    model.shared.viewer.may.campaigns = Reach::HoldBack;
    model.shared.broken = Some("dialdeck.toml:1".to_owned());
    for key in ['r', 'S', '+', 'c', 'R', 'v'] {
        model.shared.notice = None;
        assert_eq!(press(&mut model, key), []);
        assert!(
            notice(&model).ends_with("nothing is started or raised"),
            "{key}"
        );
    }
    assert!(matches!(
        press(&mut model, 'p')[..],
        [Cmd::Request(Request::Act(_, Act::Pause(_)))]
    ));
}

#[test]
fn a_campaign_that_does_not_change_names_its_state_and_the_right_key() {
    for (state, key, expected) in [
        (
            CampaignState::Draft,
            'p',
            "spring-reminders is draft: S starts it",
        ),
        (
            CampaignState::Draft,
            'r',
            "spring-reminders is draft: S starts it",
        ),
        (
            CampaignState::Paused,
            'S',
            "spring-reminders is paused: r resumes it",
        ),
        (CampaignState::Paused, 'p', "spring-reminders is paused"),
        (CampaignState::Stopped, 'X', "spring-reminders is stopped"),
        (CampaignState::Done, 'r', "spring-reminders is done"),
    ] {
        let mut model = model(SIZE);
        model.shared.view.as_mut().unwrap().board.campaigns[0].state = state;
        assert_eq!(press(&mut model, key), []);
        assert!(model.dialog.is_none());
        assert_eq!(notice(&model), expected);
    }
}

#[test]
fn without_a_campaign_only_everything_can_be_paused() {
    for action in Action::ALL {
        let Action::Campaign(kind) = *action else {
            continue;
        };
        let mut model = model(SIZE);
        let view = model.shared.view.as_mut().unwrap();
        view.board.campaigns.clear();
        view.campaigns.clear();
        let mut cmds = Vec::new();
        perform(&mut model, *action, &mut cmds);
        let pauses_all = matches!(cmds[..], [Cmd::Request(Request::Act(_, Act::PauseAll))]);
        let expected = matches!(
            kind,
            CampaignAction::PauseAll | CampaignAction::StopEverything
        );
        assert_eq!(pauses_all, expected, "{}", action.name());
        assert_eq!(notice(&model) == "there is no campaign", !expected);
    }
}

/// Every action on the row under the cursor that does more than show it.
const ON_ROW: [ContactAction; 5] = [
    ContactAction::OptOut,
    ContactAction::Mark,
    ContactAction::Requeue,
    ContactAction::Reached,
    ContactAction::Copy,
];

/// Answers a question for a page with these rows, the whole list.
fn answer(model: &mut Model, ask: Option<&Request>, rows: Vec<ContactRow>) {
    let Some(Request::Page(PageRequest { serial, .. })) = ask else {
        panic!("{ask:?}");
    };
    let page = ListPage {
        rows,
        ..ListPage::default()
    };
    update(model, Msg::Desk(Message::Page(*serial, page)), 1);
}

/// Delivers the rows that the desk has now.
fn bring(model: &mut Model, rows: Vec<ContactRow>) {
    let ask = model.list.refresh();
    answer(model, ask.as_ref(), rows);
}

/// Returns a list with the cursor on its first row, a call that is up.
fn on_first_row() -> Model {
    let mut model = model(SIZE);
    let rows = model.list.rows.clone();
    let id = model.shared.campaign_view().map(|view| view.id);
    let ask = model.list.turn_to(id);
    answer(&mut model, ask.as_ref(), rows);
    let home = KeyEvent::new(KeyCode::Home, KeyModifiers::NONE);
    update(&mut model, Msg::Key(home), 1);
    assert_eq!(model.list.place(), Some(0));
    model
}

#[test]
fn a_row_that_changed_under_a_dialog_is_not_acted_on() {
    let escape = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
    for action in ON_ROW {
        let mut model = on_first_row();
        let (chosen, mut rows) = (model.list.selected, model.list.rows.clone());
        press(&mut model, 'w');
        assert!(model.dialog.is_some(), "{action:?}");
        // The call ends while the dialog is open, and its contact leaves the loaded rows.
        rows.remove(0);
        bring(&mut model, rows);
        assert_ne!(model.list.selected, chosen);
        update(&mut model, Msg::Key(escape), 1);
        assert!(model.dialog.is_none());
        // What only shows the row does not wait, and the warning stays due.
        press(&mut model, 'w');
        assert!(model.dialog.is_some());
        update(&mut model, Msg::Key(escape), 1);
        let mut cmds = Vec::new();
        perform(&mut model, Action::Contact(action), &mut cmds);
        assert_eq!(cmds, [], "{action:?}");
        assert!(model.list.marked.is_empty(), "{action:?}");
        if action == ContactAction::OptOut {
            // It opens without a number, and what is typed goes there.
            let shown = shown(&model);
            assert!(shown.contains("The row changed by itself"), "{shown}");
            assert!(shown.contains("Opt out 0 numbers"), "{shown}");
            model.dialog = None;
        }
        assert!(model.dialog.is_none(), "{action:?}");
        let warned = notice(&model).starts_with("this row changed by itself");
        assert_eq!(warned, action != ContactAction::OptOut);
        perform(&mut model, Action::Contact(action), &mut cmds);
        let acted = model.dialog.is_some() || !model.list.marked.is_empty() || !cmds.is_empty();
        assert!(acted, "{action:?}: the second key means the row of now");
    }
}

#[test]
fn marked_contacts_are_acted_on_where_the_row_has_changed() {
    let mut model = model(SIZE);
    model.list.slip();
    let action = Action::Contact(ContactAction::OptOut);
    let mut cmds = Vec::new();
    perform(&mut model, action, &mut cmds);
    assert!(model.dialog.take().is_some());
    model.list.marked.clear();
    perform(&mut model, action, &mut cmds);
    assert!(shown(&model).contains("The row changed by itself"));
}

#[test]
fn what_an_act_would_refuse_is_refused_before_the_question() {
    for (action, why) in [
        (ContactAction::Requeue, "it is being called"),
        (ContactAction::Reached, "only a contact of unknown fate"),
    ] {
        let mut model = on_first_row();
        let (chosen, other) = (model.list.rows[0].clone(), model.list.rows[1].number);
        let mut cmds = Vec::new();
        perform(&mut model, Action::Contact(action), &mut cmds);
        assert!(model.dialog.take().is_some(), "{action:?}");
        model.list.rows[0].not_called_again = Some("it is being called");
        model.list.rows[0].not_judged = Some("only a contact of unknown fate needs a verdict");
        for others in [0, 1] {
            perform(&mut model, Action::Contact(action), &mut cmds);
            assert!(model.dialog.is_none(), "{action:?} of {others} others");
            let shown = notice(&model);
            assert!(shown.starts_with("not +1 212-555-0100: "), "{shown}");
            assert!(shown.contains(why), "{shown}");
            // A marked contact is refused with those that the act would accept.
            model.list.marked.insert(chosen.contact, chosen.number);
            let second = model.list.rows[1].contact;
            model.list.marked.insert(second, other);
        }
        assert_eq!(cmds, []);
    }
}

#[test]
fn a_filter_without_a_meaning_is_explained_until_it_changes() {
    let mut model = model((80, 24));
    press(&mut model, '/');
    for letter in "state:foo".chars() {
        press(&mut model, letter);
    }
    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    update(&mut model, Msg::Key(enter), 1);
    let fault = |model: &Model| {
        let line = model.filtering.as_ref().unwrap();
        line.fault().map(ToString::to_string)
    };
    assert!(
        fault(&model)
            .unwrap()
            .starts_with("`foo` is not a state; use ")
    );
    assert_eq!(model.shared.notice, None);
    press(&mut model, 'x');
    assert_eq!(fault(&model), None);
}
