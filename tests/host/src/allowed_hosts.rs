//! `allowed_outbound_hosts`: where a component may send HTTP requests and MQTT messages.
//!
//! An entry is `scheme://host[:port]`. The scheme is a word or `*`. The host is a name, an address, a network such as
//! `10.0.0.0/8`, `*.domain` or `*`. The port is a number, a range `first..end` without its end, or `*`; without one it
//! is the scheme's own.

use std::net::IpAddr;
use std::ops::Range;

use anyhow::{Context as _, bail, ensure};
use http::Uri;
use ipnet::IpNet;

use crate::variables::Variables;

/// Where a component may send HTTP requests: nowhere by default.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

impl AllowedHosts {
    /// Reads the entries of a component.
    ///
    /// An entry whose variables leave nothing of it, or only its scheme, allows nothing: so an origin that is not
    /// configured is no error.
    pub fn parse(entries: &[String], variables: &Variables) -> anyhow::Result<Self> {
        let mut hosts = Vec::new();
        for entry in entries {
            let expanded = variables.expand(entry)?;
            let templated = expanded != *entry;
            if templated && matches!(expanded.as_str(), "" | "http://" | "https://") {
                continue;
            }
            hosts.push(AllowedHost::parse(&expanded).with_context(|| format!("{entry:?} is not an allowed host"))?);
        }
        Ok(Self(hosts))
    }

    /// Tells whether a request to `uri` is allowed; one without a scheme or a host never is.
    pub fn allows(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
        let Some(port) = uri.port_u16().or_else(|| default_port(scheme)) else { return false };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.0.iter().any(|allowed| allowed.allows(scheme, host, port))
    }
}

#[derive(Debug)]
struct AllowedHost {
    /// None: any.
    scheme: Option<String>,
    host: Host,
    /// None: any.
    ports: Option<Range<u32>>,
}

#[derive(Debug, PartialEq)]
enum Host {
    Any,
    /// The domain with a dot before it.
    Subdomains(String),
    Network(IpNet),
    Name(String),
}

impl AllowedHost {
    fn parse(entry: &str) -> anyhow::Result<Self> {
        let entry = entry.trim();
        let Some((scheme, rest)) = entry.split_once("://") else {
            bail!("{entry:?} is not scheme://host[:port]; each part may be *");
        };
        ensure!(
            scheme == "*" || (!scheme.is_empty() && scheme.chars().all(char::is_alphabetic)),
            "the scheme {scheme:?} is neither letters nor *"
        );
        let (host, port) = split_port(rest)?;
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_ascii_lowercase()),
            host: Host::parse(host)?,
            ports: parse_ports(port, scheme)?,
        })
    }

    fn allows(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed.eq_ignore_ascii_case(scheme))
            && self.ports.as_ref().is_none_or(|ports| ports.contains(&u32::from(port)))
            && self.host.allows(host)
    }
}

impl Host {
    fn parse(host: &str) -> anyhow::Result<Self> {
        if host == "*" {
            return Ok(Self::Any);
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        if let Ok(network) = bare.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        ensure!(!host.contains('/'), "{host:?} has a path");
        ensure!(
            host != "self" && !host.ends_with(".spin.internal"),
            "requests to the application itself are not served"
        );
        let (domain, subdomains) = match host.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (host, false),
        };
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        ensure!(!domain.is_empty() && domain.chars().all(allowed), "{host:?} is no host name; * may only stand first");
        let domain = domain.to_ascii_lowercase();
        Ok(if subdomains { Self::Subdomains(format!(".{domain}")) } else { Self::Name(domain) })
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Subdomains(suffix) => {
                host.parse::<IpAddr>().is_err() && host.to_ascii_lowercase().ends_with(suffix.as_str())
            }
            Self::Network(network) => host.parse::<IpAddr>().is_ok_and(|address| network.contains(&address)),
            Self::Name(name) => name.eq_ignore_ascii_case(host),
        }
    }
}

/// Splits `host[:port][/]`, where the host may be a bracketed address or a network with a slash of its own.
fn split_port(rest: &str) -> anyhow::Result<(&str, &str)> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            ensure!(!port.contains('/'), "it has a path");
            Ok((host, port))
        }
        _ => Ok((rest, "")),
    }
}

fn parse_ports(port: &str, scheme: &str) -> anyhow::Result<Option<Range<u32>>> {
    let number = |port: &str| port.parse::<u16>().map(u32::from).with_context(|| format!("{port:?} is no port"));
    if port == "*" {
        return Ok(None);
    }
    if let Some((first, end)) = port.split_once("..") {
        return Ok(Some(number(first)?..number(end)?));
    }
    let only = if port.is_empty() {
        default_port(scheme).map(u32::from).with_context(|| format!("{scheme:?} has no port of its own: name one"))?
    } else {
        number(port)?
    };
    Ok(Some(only..only + 1))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "mqtt" => Some(1883),
        "mqtts" => Some(8883),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, uri: &str) -> bool {
        AllowedHosts::parse(&[entry.into()], &Variables::default()).unwrap().allows(&uri.parse().unwrap())
    }

    #[test]
    fn scheme_host_and_port_must_all_fit() {
        assert!(allows("http://127.0.0.1:3100", "http://127.0.0.1:3100/a?b"));
        assert!(!allows("http://127.0.0.1:3100", "http://127.0.0.1:3101/"));
        assert!(!allows("http://127.0.0.1:3100", "https://127.0.0.1:3100/"));
        assert!(!allows("http://127.0.0.1:3100", "http://127.0.0.2:3100/"));
        assert!(!allows("http://127.0.0.1:3100", "http://localhost:3100/"));
    }

    #[test]
    fn the_port_is_the_schemes_own_unless_named() {
        assert!(allows("https://qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com/cgi-bin"));
        assert!(allows("https://qyapi.weixin.qq.com/", "https://QYAPI.weixin.qq.com:443/"));
        assert!(!allows("https://qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com:8443/"));
        assert!(!allows("https://qyapi.weixin.qq.com", "http://qyapi.weixin.qq.com/"));
        assert!(allows("http://a:8000..8002", "http://a:8001/") && !allows("http://a:8000..8002", "http://a:8002/"));
    }

    #[test]
    fn a_name_is_not_matched_by_what_surrounds_it() {
        for uri in ["https://a.example/", "https://example.evil/", "https://notexample/", "https://x@evil:443/"] {
            assert!(!allows("https://example", uri), "{uri}");
        }
        assert!(allows("https://example", "https://user@example/"));
    }

    #[test]
    fn wildcards_stand_for_any_scheme_host_subdomain_or_port() {
        assert!(allows("*://*:*", "http://a:1/"));
        assert!(allows("https://*.example", "https://a.b.example/"));
        assert!(!allows("https://*.example", "https://example/"));
        assert!(allows("http://*:80", "http://[::1]/"));
    }

    #[test]
    fn networks_hold_addresses() {
        assert!(
            allows("http://10.0.0.0/8:*", "http://10.1.2.3:9/") && !allows("http://10.0.0.0/8:*", "http://11.1.2.3/")
        );
        assert!(allows("http://[::1]:3000", "http://[::1]:3000/"));
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for entry in ["", "*", "example", "http://", "http://a/b", "http://a:b", "ftp://a", "http://a*", "http://self"]
        {
            assert!(AllowedHosts::parse(&[entry.into()], &Variables::default()).is_err(), "{entry}");
        }
    }

    #[test]
    fn an_origin_that_is_not_configured_allows_nothing() {
        let declared =
            [("origin".to_owned(), crate::manifest::Variable { default: Some(String::new()), ..Default::default() })];
        let variables = Variables::resolve(&declared.into(), |_| None).unwrap();
        let allowed = AllowedHosts::parse(&["{{ origin }}".into()], &variables).unwrap();
        assert!(!allowed.allows(&Uri::from_static("http://a/")));
    }

    #[test]
    fn a_request_without_an_origin_is_refused() {
        assert!(
            !AllowedHosts::parse(&["*://*:*".into()], &Variables::default()).unwrap().allows(&Uri::from_static("/a"))
        );
    }
}
