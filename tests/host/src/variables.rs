//! Variables: what the manifest declares, the environment sets and templates refer to.

mod spin;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

use crate::manifest::Variable;

/// What the name of an environment variable begins with that sets a variable.
const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE_";

/// The application's variables with their values.
#[derive(Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Gives each declared variable its value: `lookup` of `SPIN_VARIABLE_<NAME>`, or else its default.
    ///
    /// An error names every variable that has neither.
    pub fn resolve(
        declared: &BTreeMap<String, Variable>,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            check_name(name).with_context(|| format!("in [variables]: {name:?} cannot be the name of a variable"))?;
            ensure!(
                variable.required || variable.default.is_some(),
                "in [variables]: {name} is neither required nor has a default"
            );
            let environment = format!("{ENVIRONMENT_PREFIX}{}", name.to_ascii_uppercase());
            match lookup(&environment).or_else(|| variable.default.clone()) {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => missing.push(format!("{name}: set {environment}")),
            }
        }
        ensure!(missing.is_empty(), "required variables have no value:\n  {}", missing.join("\n  "));
        Ok(Self(values))
    }

    /// Replaces each `{{ name }}` of a template by the variable's value.
    pub fn expand(&self, template: &str) -> anyhow::Result<String> {
        let mut expanded = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once("{{") {
            expanded.push_str(literal);
            let Some((name, after)) = after.split_once("}}") else {
                bail!("the template {template:?} has a {{{{ without its }}}}");
            };
            let name = name.trim();
            let Some(value) = self.0.get(name) else {
                bail!("the template {template:?} names {name:?}, which is not in [variables]");
            };
            expanded.push_str(value);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Gives a component's variables their values.
    pub fn expand_all(&self, templates: &BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, String>> {
        templates
            .iter()
            .map(|(name, template)| {
                check_name(name).with_context(|| format!("{name:?} cannot be the name of a variable"))?;
                Ok((name.clone(), self.expand(template)?))
            })
            .collect()
    }
}

/// Checks that a variable may have this name: lower-case letters, digits and single underscores, a letter first and no
/// underscore last, so that it can be told from its upper-case form in the environment.
pub(crate) fn check_name(name: &str) -> anyhow::Result<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    ensure!(name.chars().all(allowed), "only lower-case letters, digits and underscores are allowed");
    ensure!(name.starts_with(|c: char| c.is_ascii_lowercase()), "the first character must be a letter");
    ensure!(!name.ends_with('_') && !name.contains("__"), "underscores must stand alone between other characters");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(default: Option<&str>) -> Variable {
        Variable { default: default.map(Into::into), required: default.is_none(), secret: false }
    }

    fn resolve(declared: &[(&str, Option<&str>)], environment: &[(&str, &str)]) -> anyhow::Result<Variables> {
        let declared = declared.iter().map(|(name, default)| (name.to_string(), variable(*default))).collect();
        let environment: BTreeMap<_, _> = environment.iter().copied().collect();
        Variables::resolve(&declared, |name| environment.get(name).map(ToString::to_string))
    }

    #[test]
    fn the_environment_goes_before_the_default() {
        let variables =
            resolve(&[("a", Some("1")), ("b_c", Some("2"))], &[("SPIN_VARIABLE_B_C", "3"), ("B_C", "4")]).unwrap();
        assert_eq!(variables.expand("{{ a }}{{b_c}}").unwrap(), "13");
    }

    #[test]
    fn every_missing_variable_is_named() {
        let refusal = resolve(&[("a", None), ("b", None), ("c", Some(""))], &[]).unwrap_err().to_string();
        assert!(refusal.contains("a: set SPIN_VARIABLE_A") && refusal.contains("b: set SPIN_VARIABLE_B"), "{refusal}");
        assert!(!refusal.contains("SPIN_VARIABLE_C"), "{refusal}");
    }

    #[test]
    fn text_around_a_variable_stays() {
        let variables = resolve(&[("host", Some("h"))], &[]).unwrap();
        assert_eq!(variables.expand("https://{{ host }}:443").unwrap(), "https://h:443");
        assert_eq!(variables.expand("}} no variable").unwrap(), "}} no variable");
        assert_eq!(variables.expand("").unwrap(), "");
    }

    #[test]
    fn a_value_is_not_expanded_again() {
        let variables = resolve(&[("a", Some("{{ b }}")), ("b", Some("x"))], &[]).unwrap();
        assert_eq!(variables.expand("{{ a }}").unwrap(), "{{ b }}");
    }

    #[test]
    fn an_open_brace_and_an_unknown_name_are_errors() {
        let variables = resolve(&[], &[]).unwrap();
        assert!(variables.expand("{{ a").unwrap_err().to_string().contains("without its }}"));
        assert!(variables.expand("{{ a }}").unwrap_err().to_string().contains("\"a\", which is not in [variables]"));
    }

    #[test]
    fn names_that_the_environment_cannot_tell_apart_are_refused() {
        for name in ["", "A", "1a", "_a", "a_", "a__b", "a-b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("a1_b2").is_ok());
    }
}
