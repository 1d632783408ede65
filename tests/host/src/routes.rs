//! Routes: which component serves a path.

use anyhow::{Context as _, anyhow};
use routefinder::{RouteSpec, Router as Finder};

use crate::manifest::HttpTrigger;

/// The paths that the host itself serves.
pub(crate) const WELL_KNOWN: &str = "/.well-known/spin/";

/// The route table: a more exact route goes before a wildcard, a longer one before a shorter one.
#[derive(Debug)]
pub(crate) struct Routes(Finder<Route>);

/// A route, as the manifest has it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The component that serves it.
    pub component: String,
    /// The pattern.
    pub pattern: String,
}

/// A path that fits a route.
#[derive(Debug)]
pub(crate) struct RouteMatch<'a> {
    /// The route.
    pub route: &'a Route,
    /// What the trailing wildcard stands for: empty, or with a slash first.
    pub path_info: String,
    /// What the `:name` segments stand for.
    pub segments: Vec<(String, String)>,
}

impl Routes {
    /// Builds the route table; of two equal routes the later one counts.
    pub(crate) fn new(triggers: &[HttpTrigger]) -> anyhow::Result<Self> {
        let mut finder = Finder::new();
        for (index, trigger) in triggers.iter().enumerate() {
            let pattern = &trigger.route;
            if triggers.iter().skip(index + 1).any(|later| later.route == *pattern) {
                tracing::warn!(route = pattern, component = trigger.component, "a later trigger has the same route");
                continue;
            }
            if pattern.starts_with(WELL_KNOWN) {
                tracing::warn!(route = pattern, component = trigger.component, "the host itself serves this path");
            }
            let route = Route { component: trigger.component.clone(), pattern: pattern.clone() };
            let spec = parse(pattern).with_context(|| format!("the route {pattern:?} is not valid"))?;
            finder.add(spec, route).map_err(|error| anyhow!("{error}"))?;
        }
        Ok(Self(finder))
    }

    /// Finds the route of a path.
    pub(crate) fn find(&self, path: &str) -> Option<RouteMatch<'_>> {
        let found = self.0.best_match(path)?;
        let captures = found.captures();
        let path_info = captures.wildcard().map_or_else(String::new, |rest| {
            let slash = if path.ends_with('/') { "/" } else { "" };
            if rest.is_empty() { slash.to_owned() } else { format!("/{rest}{slash}") }
        });
        let segments = captures.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(RouteMatch { route: found.handler(), path_info, segments })
    }
}

impl Route {
    /// The pattern without its trailing wildcard.
    pub(crate) fn prefix(&self) -> &str {
        self.pattern.strip_suffix("/...").unwrap_or(&self.pattern)
    }

    /// The pattern without a trailing slash.
    pub(crate) fn matched(&self) -> &str {
        self.pattern.strip_suffix('/').unwrap_or(&self.pattern)
    }
}

fn parse(pattern: &str) -> anyhow::Result<RouteSpec> {
    anyhow::ensure!(pattern.starts_with('/'), "it does not begin with a slash");
    let spec = match pattern.strip_suffix("/...") {
        Some(prefix) => RouteSpec::try_from(format!("{prefix}/*")),
        None => RouteSpec::try_from(pattern),
    };
    spec.map_err(|error| anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(patterns: &[&str]) -> Routes {
        let trigger = |pattern: &&str| HttpTrigger {
            id: String::new(),
            route: pattern.to_string(),
            component: pattern.to_string(),
        };
        Routes::new(&patterns.iter().map(trigger).collect::<Vec<_>>()).unwrap()
    }

    fn component(routes: &Routes, path: &str) -> Option<String> {
        routes.find(path).map(|found| found.route.component.clone())
    }

    #[test]
    fn the_most_exact_route_serves_a_path() {
        let routes = routes(&["/...", "/v1/events/...", "/v1/:name", "/v1/exact", "/callback/..."]);
        for (path, expected) in [
            ("/", "/..."),
            ("/v1", "/..."),
            ("/v1/exact", "/v1/exact"),
            ("/v1/exact/", "/v1/exact"),
            ("/v1/other", "/v1/:name"),
            ("/v1/other/more", "/..."),
            ("/v1/events", "/v1/events/..."),
            ("/v1/events/1/2", "/v1/events/..."),
            ("/callbacks", "/..."),
            ("/callback/quntool/t", "/callback/..."),
        ] {
            assert_eq!(component(&routes, path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_without_a_route_is_not_found() {
        let routes = routes(&["/a", "/b/..."]);
        assert_eq!(component(&routes, "/"), None);
        assert_eq!(component(&routes, "/a/b"), None);
    }

    #[test]
    fn the_wildcard_keeps_a_trailing_slash() {
        let routes = routes(&["/a/...", "/b"]);
        let path_info = |path: &str| routes.find(path).unwrap().path_info;
        assert_eq!(path_info("/a"), "");
        assert_eq!(path_info("/a/"), "/");
        assert_eq!(path_info("/a/b/c"), "/b/c");
        assert_eq!(path_info("/a/b/"), "/b/");
        assert_eq!(path_info("/b"), "");
    }

    #[test]
    fn named_segments_are_captured() {
        let routes = routes(&["/users/:id/..."]);
        let found = routes.find("/users/42/posts").unwrap();
        assert_eq!(found.segments, [("id".to_owned(), "42".to_owned())]);
        assert_eq!((found.path_info.as_str(), found.route.prefix()), ("/posts", "/users/:id"));
    }

    #[test]
    fn the_later_of_two_equal_routes_counts() {
        let trigger =
            |component: &str| HttpTrigger { id: String::new(), route: "/a".into(), component: component.into() };
        let routes = Routes::new(&[trigger("first"), trigger("second")]).unwrap();
        assert_eq!(component(&routes, "/a").as_deref(), Some("second"));
    }

    #[test]
    fn a_route_that_is_no_pattern_is_refused() {
        let trigger = HttpTrigger { id: String::new(), route: "a".into(), component: "one".into() };
        assert!(format!("{:#}", Routes::new(&[trigger]).unwrap_err()).contains("does not begin with a slash"));
    }
}
