//! Requests to the documented endpoints: `METHOD /path?query`, a line end and a body.
#![no_main]

use contract::{Arguments, Parameter, System};
use libfuzzer_sys::fuzz_target;
use message::documented;

fuzz_target!(|data: &[u8]| {
    let Some((endpoint, given)) = fuzz::request(data) else { return };
    let is_known = |name: &str| endpoint.parameters.iter().any(|parameter| parameter.name == name);
    match endpoint.check(given.clone()) {
        Ok(arguments) => {
            assert!(arguments.documented.keys().all(|name| is_known(name)));
            assert!(!arguments.extra.keys().any(|name| is_known(name)));
            let absent = |parameter: &&Parameter| !arguments.documented.contains_key(parameter.name);
            assert!(!endpoint.parameters.iter().filter(absent).any(|parameter| parameter.required));
            let kept = arguments.documented.len() + arguments.extra.len();
            assert_eq!(kept, given.len() - nulls(endpoint, &given), "nothing is lost");
            if endpoint.system != System::Kdocs {
                assert_eq!(documented::of(endpoint.path, &arguments).is_some(), endpoint.message.is_some());
            }
            let Arguments { documented, extra } = arguments;
            let merged = Arguments { documented: documented.clone(), extra: extra.clone() }.merged();
            assert_eq!(endpoint.check(merged), Ok(Arguments { documented, extra }), "what was checked stays");
        }
        Err(violation) => {
            let outermost = violation.field.split(['.', '[']).next().unwrap_or_default();
            assert!(is_known(outermost) && !violation.reason.is_empty(), "{violation}");
        }
    }
});

/// How many documented parameters are `null`, which counts as absent.
fn nulls(endpoint: &contract::Endpoint, given: &serde_json::Map<String, serde_json::Value>) -> usize {
    let names = contract::arguments::Names::of(endpoint.system);
    let documented = |name: &str| endpoint.parameters.iter().any(|parameter| names.are_same(parameter.name, name));
    given.iter().filter(|(name, value)| value.is_null() && documented(name)).count()
}
