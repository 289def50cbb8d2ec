//! What keys, pastes and answers change in an opt-out.

use super::super::fixture::{assert_styles, drawn, phone, press, row, shared, type_in};
use super::*;
use crate::domain::{CampaignId, ContactId, ContactState};
use crate::engine::desk::{Echo, MatchedContact};
use crate::rules::NumberError;

fn echo(typed: &str, number: &str) -> Echo {
    Echo {
        number: phone(number),
        typed: typed.to_owned(),
        country: "US".to_owned(),
        country_guessed: !typed.starts_with('+'),
        zones: vec!["America/New_York".to_owned()],
        unfit: None,
    }
}

fn judged(typed: &str, number: &str) -> JudgedNumber {
    JudgedNumber {
        typed: typed.to_owned(),
        read: Ok(echo(typed, number)),
        contacts: Vec::new(),
        listed: None,
    }
}

/// Gives the dialog the desk's answer to a text with a known, an unknown and an unreadable number.
fn judge(dialog: &mut OptOut, text: &str) {
    let mut known = judged("+12125550142", "+12125550142");
    known.contacts = vec![
        MatchedContact {
            campaign: CampaignId(1),
            contact: ContactId(1_184),
            state: ContactState::InFlight,
        },
        MatchedContact {
            campaign: CampaignId(2),
            contact: ContactId(3),
            state: ContactState::Done,
        },
    ];
    let mut guessed = judged("646 555 0188", "+16465550188");
    guessed.listed = Some("internal since 2026-03-02T15:00:00Z (opt_out by maria)".to_owned());
    let unread = JudgedNumber {
        read: Err(NumberError::Letters),
        ..judged("CALLME", "+12125550199")
    };
    let all = [known, guessed, unread].into_iter();
    let all: Vec<JudgedNumber> = all.filter(|one| text.contains(&one.typed)).collect();
    dialog.on_judged(text, &all);
}

fn with_row() -> (OptOut, Option<Request>) {
    let mut list = List::default();
    list.rows = vec![row()];
    list.selected = Some(row().contact);
    OptOut::new(&list)
}

fn pasted(text: &str) -> OptOut {
    let (mut dialog, _) = OptOut::new(&List::default());
    dialog.paste(text, &shared()).unwrap();
    let text = dialog.numbers.value().to_owned();
    judge(&mut dialog, &text);
    dialog
}

fn key(dialog: &mut OptOut, code: KeyCode) -> Response {
    press(dialog, code, &shared())
}

#[test]
fn it_opens_on_cancel_with_the_selected_number() {
    let (mut dialog, ask) = with_row();
    assert_eq!(ask, Some(Request::Judge("+12125550142".to_owned())));
    assert_eq!(key(&mut dialog, KeyCode::Enter), Response::close());
}

#[test]
fn a_number_is_opted_out_by_tab_and_enter() {
    let (mut dialog, _) = with_row();
    key(&mut dialog, KeyCode::Tab);
    assert_eq!(key(&mut dialog, KeyCode::Enter), Response::stay());
    assert!(matches!(dialog.fault, Some(Fault::StillReading)));
    judge(&mut dialog, "+12125550142");
    let response = key(&mut dialog, KeyCode::Enter);
    let numbers = vec![phone("+12125550142")];
    let act = Act::OptOut {
        numbers,
        note: None,
    };
    assert_eq!(
        response,
        Response::stay().want(Want::Act(act, "recording 1 opt-out".to_owned()))
    );
    dialog.sent(ActId(7));
    assert_eq!(
        key(&mut dialog, KeyCode::Enter),
        Response::stay(),
        "once only"
    );
    let acted = ActSummary {
        text: "1 opted out, 0 on the list before; no call to them leaves".to_owned(),
        finished: 1,
        live: 1,
    };
    dialog.on_acted(ActId(6), &Ok(ActSummary::default()));
    assert_eq!(dialog.stage, Stage::Sending(Some(ActId(7))));
    dialog.on_acted(ActId(7), &Ok(acted));
    assert_styles("opt_out", &dialog, &shared());
    assert_eq!(key(&mut dialog, KeyCode::Enter), Response::close());
}

#[test]
fn what_cannot_be_read_is_left_out_by_choice_only() {
    let mut dialog = pasted("+12125550142\r\n646 555 0188\nCALLME\n");
    insta::assert_snapshot!(drawn(&dialog, &shared()).backend());
    dialog.focus = Focus::OptOut;
    assert_eq!(key(&mut dialog, KeyCode::Enter), Response::stay());
    assert!(matches!(dialog.fault, Some(Fault::Unreadable)));
    dialog.focus = Focus::LeaveOut;
    let rest = "+12125550142, 646 555 0188";
    let ask = Want::Request(Request::Judge(rest.to_owned()));
    assert_eq!(key(&mut dialog, KeyCode::Enter), Response::stay().want(ask));
    judge(&mut dialog, rest);
    assert_eq!(dialog.left_out, ["CALLME"]);
    assert_eq!(dialog.focus, Focus::Cancel);
    assert_eq!(dialog.readable().len(), 2);
}

#[test]
fn digits_go_to_the_numbers_and_enter_goes_on() {
    let (mut dialog, ask) = OptOut::new(&List::default());
    assert_eq!(ask, None);
    type_in(&mut dialog, "212", &shared());
    assert_eq!(
        (dialog.numbers.value(), dialog.focus),
        ("212", Focus::Numbers)
    );
    key(&mut dialog, KeyCode::Enter);
    type_in(&mut dialog, "asked", &shared());
    key(&mut dialog, KeyCode::Enter);
    assert_eq!(
        (dialog.note.value(), dialog.focus),
        ("asked", Focus::OptOut)
    );
}

#[test]
fn an_answer_to_an_older_text_is_not_taken() {
    let (mut dialog, _) = with_row();
    judge(&mut dialog, "+1212555014");
    assert!(dialog.current().is_none());
}

#[test]
fn a_refusal_brings_the_numbers_back() {
    let mut dialog = pasted("+12125550142");
    dialog.focus = Focus::OptOut;
    key(&mut dialog, KeyCode::Enter);
    dialog.sent(ActId(1));
    dialog.on_acted(ActId(1), &Err(ActError::MayStillLeave));
    assert_eq!(dialog.stage, Stage::Editing);
    assert!(matches!(
        dialog.fault,
        Some(Fault::NotRecorded(ActError::MayStillLeave))
    ));
    insta::assert_snapshot!(drawn(&dialog, &shared()).backend());
}

#[test]
fn it_fits_the_smallest_screen_and_masks() {
    let mut shared = shared();
    (shared.size, shared.masked) = ((60, 16), true);
    let (mut dialog, _) = with_row();
    judge(&mut dialog, "+12125550142");
    insta::assert_snapshot!(drawn(&dialog, &shared).backend());
}

#[test]
fn what_is_typed_at_the_buttons_is_taken_or_shown_as_not_taken() {
    let (mut dialog, _) = with_row();
    type_in(&mut dialog, "hello", &shared());
    assert_eq!(dialog.numbers.value(), "+12125550142", "nothing is lost");
    let screen = drawn(&dialog, &shared()).backend().to_string();
    assert!(screen.contains("! `hello` was not taken"), "{screen}");
    key(&mut dialog, KeyCode::BackTab);
    assert!(dialog.fault.is_none());
    let (mut dialog, _) = with_row();
    type_in(&mut dialog, "(212) 555-0188", &shared());
    assert_eq!(dialog.numbers.value(), "(212) 555-0188");
    let (mut dialog, _) = with_row();
    dialog.focus = Focus::Numbers;
    type_in(&mut dialog, ", hello", &shared());
    assert_eq!(dialog.numbers.value(), "+12125550142, hello");
}
