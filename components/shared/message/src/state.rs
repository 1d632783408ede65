//! The states of a message, as answers write them.

use caller::types::State;

const STATES: &[(State, &str)] = &[
    (State::Accepted, "accepted"),
    (State::Queued, "queued"),
    (State::Sending, "sending"),
    (State::Submitted, "submitted"),
    (State::Delivered, "delivered"),
    (State::Failed, "failed"),
    (State::Recalled, "recalled"),
    (State::Refused, "refused"),
    (State::Unknown, "unknown"),
    (State::Expired, "expired"),
];

/// Returns the name of a state.
pub fn name(state: State) -> &'static str {
    STATES.iter().find(|(found, _)| *found == state).map_or("", |(_, name)| name)
}

/// Finds a state by its name.
pub fn named(name: &str) -> Option<State> {
    STATES.iter().find(|(_, found)| *found == name).map(|(state, _)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_documentation() {
        let names: Vec<&str> = STATES.iter().map(|(_, name)| *name).collect();
        assert_eq!(names, contract::routes::STATES);
        assert!(STATES.iter().all(|(state, text)| name(*state) == *text && named(text) == Some(*state)));
    }
}
