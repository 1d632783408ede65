//! What the journal shows.

use super::*;
use crate::journal::list::{Filter, Page, deliveries, events, last, of_event};

fn ids(page: &Page) -> Vec<&str> {
    page.events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn pages_follow_each_other_and_miss_nothing() {
    let sql = journal();
    assert_eq!(events(&sql, &Filter::default(), 0, 10).unwrap(), Page { events: vec![], looked: 0, end: true });
    let all: Vec<String> = (0..25).map(|number| format!("{number:02}")).collect();
    all.iter().for_each(|id| {
        receive(&sql, id, "c");
    });
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = events(&sql, &Filter::default(), after, 10).unwrap();
        seen.extend(page.events.iter().map(|event| event.id.clone()));
        after = page.looked;
        if page.end {
            break;
        }
    }
    assert_eq!((seen, after), (all, last(&sql).unwrap()));
}

#[test]
fn a_filter_passes_what_it_names_and_the_cursor_passes_the_rest() {
    let sql = journal();
    for (id, kind, account) in [("1", "text_msg", "a"), ("2", "user_login", "a"), ("3", "text_msg", "b")] {
        insert_one(&sql, &Entry { kind: kind.into(), account: account.into(), ..entry(id, "c", 1_000) });
    }
    let filter = |kinds: &[&str], accounts: &[&str]| Filter {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
        state: None,
    };
    let page = |filter: &Filter| events(&sql, filter, 0, 10).unwrap();
    assert_eq!(ids(&page(&filter(&["text_msg"], &[]))), ["1", "3"]);
    assert_eq!(ids(&page(&filter(&["text_msg", "user_login"], &["a"]))), ["1", "2"]);
    let none = page(&filter(&["image_msg"], &[]));
    assert_eq!((none.events.len(), none.looked, none.end), (0, 3, true));
}

#[test]
fn repeats_and_the_gateways_own_are_not_shown_unasked() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "d")];
    route(&sql, &[first], &Route::Repeated("e-0"), 1_100).unwrap();
    to(&sql, second, &["a"], 1_100);
    let stopped = Tried::Stopped { url: "u".into(), event_id: "own".into() };
    tried(&sql, &one(&sql, 1_100), &stopped, Some(410), None, 1_200).unwrap();
    assert_eq!(ids(&events(&sql, &Filter::default(), 0, 10).unwrap()), ["2"]);
    let named = Filter { kinds: vec!["subscriber_stopped".into()], ..Filter::default() };
    assert_eq!(ids(&events(&sql, &named, 0, 10).unwrap()), ["own"]);
    let repeats = Filter { state: Some("repeated".into()), ..Filter::default() };
    assert_eq!(ids(&events(&sql, &repeats, 0, 10).unwrap()), ["1"]);
    assert_eq!(find(&sql, "1").unwrap().unwrap().repeat_of.as_deref(), Some("e-0"));
}

#[test]
fn deliveries_are_listed_by_state_and_subscriber() {
    let sql = journal();
    for id in ["1", "2", "3"] {
        let sequence = receive(&sql, id, id);
        to(&sql, sequence, &["a", "b"], 1_100);
    }
    tried(&sql, &one(&sql, 1_100), &Tried::Dead, Some(500), Some("HTTP 500"), 1_200).unwrap();
    let list = |state, subscriber, after, most| -> Vec<(i64, String)> {
        let shown = deliveries(&sql, state, subscriber, after, most).unwrap();
        shown.into_iter().map(|shown| (shown.sequence, shown.subscriber)).collect()
    };
    assert_eq!(list(Some("dead"), None, (0, ""), 10), [(1, "a".into())]);
    assert_eq!(list(Some("pending"), Some("a"), (0, ""), 10), [(2, "a".into()), (3, "a".into())]);
    assert_eq!(list(None, None, (1, "a"), 2), [(1, "b".into()), (2, "a".into())]);
    let dead = of_event(&sql, 1).unwrap().remove(0);
    assert_eq!((dead.status, dead.reason.as_deref(), dead.due_at), (Some(500), Some("HTTP 500"), None));
    assert_eq!((dead.event_id.as_str(), dead.attempts, dead.changed_at), ("1", 1, 1_200));
}
