//! Messages whose answer comes another way, or whose worker does not come back.

use super::*;

#[test]
fn an_outcome_settles_a_message_whose_worker_vanished_before_anybody_noticed() {
    let sql = ledger();
    sent(&sql);
    let unnamed = Outcome { upstream_id: "u-9".into(), kind: "text_msg".into(), ..outcome("e-1", "a-1", 0) };
    assert_eq!(settle(&sql, &unnamed, 19_999).unwrap(), Settlement::Early, "its worker may still be there");
    assert_eq!(settle(&sql, &unnamed, 20_001).unwrap(), Settlement::Settled);
    assert_eq!(history(&sql), [State::Accepted, State::Sending, State::Delivered]);
}

#[test]
fn an_answer_by_mqtt_counts_once_and_for_its_own_message() {
    let sql = ledger();
    sent(&sql);
    insert(&sql, &Entry { id: "m-2", ..ENTRY }).unwrap();
    assert!(!answered(&sql, "m-2", "u-2", "{}", 1_050).unwrap(), "it has not left");
    sending(&sql, "m-2", 1_001, 20_000);
    assert!(answered(&sql, "m-1", "u-1", "{}", 1_100).unwrap());
    for (id, upstream_id) in [("m-1", "u-1"), ("m-1", "u-3"), ("m-2", "u-1"), ("m-3", "u-3")] {
        assert!(!answered(&sql, id, upstream_id, "{}", 1_200).unwrap(), "{id} {upstream_id}");
    }
    assert_eq!(upstream_id(&sql, "m-1").unwrap().as_deref(), Some("u-1"));
    assert_eq!(upstream_id(&sql, "m-2").unwrap(), None);
    sweep::vanished_while_sending(&sql, 30_000, 9).unwrap();
    assert!(answered(&sql, "m-2", "u-2", "{}", 30_100).unwrap(), "late, but its own");
    assert_eq!(report(&sql, "crm", "m-2").unwrap().unwrap().state, State::Submitted);
}
