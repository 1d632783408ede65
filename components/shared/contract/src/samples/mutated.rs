//! Callbacks that nobody documented: the documents' own, each damaged in one to three places.
//!
//! The same seed makes the same callbacks. Some of them are JSON objects still, and must be kept; the others must be
//! refused.

use serde_json::{Map, Value, json};

/// Returns `count` damaged callbacks.
pub fn callbacks(seed: u64, count: usize) -> serde_json::Result<Vec<Vec<u8>>> {
    let samples = super::callbacks()?;
    let mut dice = Dice(seed);
    Ok((0..count)
        .filter_map(|_| {
            let mut body = dice.pick(&samples)?.body.clone();
            for _ in 0..=dice.below(3) {
                damage(&mut body, &mut dice);
            }
            let mut bytes = body.to_string().into_bytes();
            if dice.below(3) == 0 {
                tear(&mut bytes, &mut dice);
            }
            Some(bytes)
        })
        .collect())
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or_default()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// Damages one place of a document: a field of the envelope, of `data`, or below.
fn damage(value: &mut Value, dice: &mut Dice) {
    let Value::Object(fields) = value else { return };
    let names: Vec<String> = fields.keys().cloned().collect();
    let Some(name) = dice.pick(&names).cloned() else { return };
    let is_deeper = fields.get(&name).is_some_and(|field| field.as_object().is_some_and(|inner| !inner.is_empty()));
    if is_deeper && dice.below(5) > 0 {
        if let Some(field) = fields.get_mut(&name) {
            damage(field, dice);
        }
        return;
    }
    match dice.below(4) {
        0 => {
            fields.remove(&name);
        }
        1 => {
            let field = fields.remove(&name).unwrap_or_default();
            fields.insert(name.to_uppercase(), field);
        }
        _ => {
            fields.insert(name, something(dice));
        }
    }
}

/// A value that nobody expects.
fn something(dice: &mut Dice) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(-0.5),
        json!(""),
        json!(" "),
        json!("0"),
        json!("99999999999999999999999999"),
        json!("1686708146"),
        json!("1686708146000"),
        json!("\u{0}\u{1}\u{7f}\u{fffd}\u{202e}"),
        json!("😀".repeat(500)),
        json!("../../etc/passwd"),
        json!("/gnapi/files/../open/inner/user/list"),
        json!("/gnapi/files/a b+c&d%2e?x#y"),
        json!("javascript:alert(1)"),
        json!("http://"),
        json!("R:"),
        json!("S:_"),
        json!("'; DROP TABLE event; --"),
        json!([]),
        json!([null, 1, "a", [], {}]),
        json!([{"user_id": 7}, {"name": "x"}, "0"]),
        json!({}),
        json!({"": {"": []}}),
        nested(dice.below(100)),
        Value::Object((0..200).map(|number| (number.to_string(), json!(number))).collect::<Map<_, _>>()),
    ];
    dice.pick(&values).cloned().unwrap_or_default()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) })
}

/// Damages the bytes of a document.
fn tear(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let place = dice.below(bytes.len());
    match dice.below(5) {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, 0xff),
        2 => bytes.insert(place, 0),
        3 => bytes.splice(place..place, "[".repeat(10_000).bytes()).for_each(drop),
        _ => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_callbacks_and_they_are_of_both_kinds() {
        let made = callbacks(1, 1_000).unwrap();
        assert_eq!(made, callbacks(1, 1_000).unwrap());
        assert_ne!(made, callbacks(2, 1_000).unwrap());
        let objects = made.iter().filter(|body| matches!(serde_json::from_slice(body), Ok(Value::Object(_)))).count();
        assert!((600..950).contains(&objects), "{objects} of 1000 are objects");
        let originals: Vec<Vec<u8>> =
            super::super::callbacks().unwrap().iter().map(|sample| sample.body.to_string().into_bytes()).collect();
        let damaged = made.iter().filter(|body| !originals.contains(body)).count();
        assert!(damaged > 900, "{damaged}");
    }
}
