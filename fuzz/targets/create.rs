//! The body of `POST /v1/messages`.
#![no_main]

use contract::{catalog, kdocs};
use futures::FutureExt;
use libfuzzer_sys::fuzz_target;
use message::{documented, robot};
use serde_json::{Map, Value};
use surface::preference;

fuzz_target!(|data: &[u8]| {
    let Some(mut given) = fuzz::object(data) else { return };
    let mut options = preference::DEFAULT;
    if preference::take(&mut options, &mut given).is_err() || asks_the_host(&given) {
        return;
    }
    let kind = given.get("content").and_then(|content| content.get("type")).cloned();
    match send::fuzzing::read(given).now_or_never().expect("the host is not asked") {
        Ok((recipient, content, extra)) => {
            let prepared = fuzz::sent(recipient.clone(), content, extra);
            assert_eq!(kind, Some(prepared.kind.as_ref().into()));
            if fuzz::has_fraction(&prepared.body) {
                return;
            }
            let Value::Object(body) = &prepared.body else { panic!("no object: {}", prepared.body) };
            let (content, extra) = match catalog::find("POST", &prepared.path) {
                Ok(endpoint) if endpoint.path != kdocs::ENDPOINTS[0].path => {
                    let arguments = endpoint.check(body.clone()).expect("what leaves keeps the documented rules");
                    let (_, content) = documented::of(endpoint.path, &arguments).expect("a message stays one");
                    (content, arguments.extra_json())
                }
                _ => {
                    let mut beside = body.clone();
                    let fields = beside.remove(prepared.kind.as_ref()).and_then(|fields| fields.as_object().cloned());
                    let documented = beside.remove("msgtype").and_then(|kind| robot::find(kind.as_str()?).ok());
                    let checked = robot::content(documented.expect("a type"), fields.expect("its fields"));
                    let (content, inside) = checked.expect("what leaves keeps the robot's rules");
                    (content, robot::extra(beside, inside))
                }
            };
            assert_eq!(fuzz::sent(recipient, content, extra), prepared, "both APIs send the same");
        }
        Err(violation) => assert!(!violation.reason.is_empty(), "{violation}"),
    }
});

/// Whether the robot is a link, whose host is compared with a variable.
fn asks_the_host(given: &Map<String, Value>) -> bool {
    let robot = given.get("to").and_then(|to| to.get("robot")).and_then(Value::as_str);
    robot.is_some_and(|robot| !kdocs::link::is_word(robot) && kdocs::alias(robot).is_none())
}
