//! Whether an agent or a person is in the room to talk to the callee.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::Participant;

/// The agents of one call according to polls and webhooks.
///
/// A webhook that an agent left outweighs a poll, because a list may be older than the webhook.
#[derive(Clone, Debug, Default)]
pub(super) struct Agents {
    /// The participant ids of the agents in the room, each with its identity.
    here: BTreeMap<String, String>,
    /// The participant ids or identities of the agents that have left.
    gone: BTreeSet<String>,
    /// Whether a person is in the room.
    person: bool,
    /// What the agent has reported.
    pub(super) word: Word,
    /// Whether the deck cancels the call because neither an agent nor a person is left.
    pub(super) deserted: bool,
}

/// What an agent has reported about its call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// It has reported nothing.
    #[default]
    None,
    /// It has reported something about the callee.
    Some,
    /// It has reported that its part is done: a result, an opt-out, or that a person took over.
    Last,
}

impl Agents {
    /// Records who is in the room according to a poll.
    pub(super) fn saw(&mut self, room: &[Participant]) {
        let gone = &self.gone;
        let here: BTreeMap<String, String> = room
            .iter()
            .filter(|one| one.is_agent() && !one.has_left())
            .filter(|one| !gone.contains(one.key()) && !gone.contains(&one.identity))
            .map(|one| (one.key().to_owned(), one.identity.clone()))
            .collect();
        let before = std::mem::replace(&mut self.here, here);
        let left = before
            .into_keys()
            .filter(|key| !self.here.contains_key(key));
        self.gone.extend(left.collect::<Vec<_>>());
        self.person = room.iter().any(Participant::is_person);
    }

    /// Records that an agent has left, by its participant id or its identity.
    pub(super) fn left(&mut self, name: &str) {
        self.here
            .retain(|key, identity| key != name && identity != name);
        self.gone.insert(name.to_owned());
    }

    /// Returns whether an agent was there, and now neither an agent nor a person is.
    pub(super) fn are_lost(&self) -> bool {
        !self.gone.is_empty() && self.here.is_empty() && !self.person
    }

    /// Returns the identity of an agent in the room, or `None` if there is none.
    pub(super) fn one(&self) -> Option<&str> {
        self.here.values().next().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(sid: &str, identity: &str, kind: &str) -> Participant {
        Participant::read(&json!({
            "sid": sid, "identity": identity, "kind": kind, "state": "ACTIVE",
        }))
    }

    #[test]
    fn an_agent_that_left_is_lost_whatever_an_older_list_says() {
        let mut agents = Agents::default();
        assert!(!agents.are_lost(), "none was there yet");
        let list = [
            one("PA_1", "agent-AJ_1", "AGENT"),
            one("PA_9", "callee", "SIP"),
        ];
        agents.saw(&list);
        assert!(!agents.are_lost());
        assert_eq!(agents.one(), Some("agent-AJ_1"));
        agents.left("PA_1");
        assert!(agents.are_lost());
        agents.saw(&list);
        assert!(agents.are_lost());
    }

    #[test]
    fn one_that_came_back_or_another_or_a_person_is_there_to_talk() {
        for other in [
            one("PA_2", "agent-AJ_1", "AGENT"),
            one("PA_2", "agent-AJ_2", "AGENT"),
            one("PA_2", "maria", "STANDARD"),
        ] {
            let mut agents = Agents::default();
            agents.saw(&[one("PA_1", "agent-AJ_1", "AGENT")]);
            agents.left("PA_1");
            agents.saw(&[other]);
            assert!(!agents.are_lost());
            agents.saw(&[one("PA_9", "callee", "SIP")]);
            assert!(agents.are_lost(), "a look is enough");
        }
    }

    #[test]
    fn a_job_that_ended_takes_its_agent_along() {
        let mut agents = Agents::default();
        let list = [one("PA_1", "agent-AJ_1", "AGENT")];
        agents.saw(&list);
        agents.left("agent-AJ_1");
        agents.saw(&list);
        assert!(agents.are_lost());
    }
}
