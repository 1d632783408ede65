//! What the program says, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::StatusCode;

use crate::fixture::{App, Upstream, cache, post};

fn command(app: &App) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    command.env_remove("RUST_LOG").args(["--listen", "127.0.0.1:0"]);
    command.arg("--manifest").arg(app.manifest()).arg("--data").arg(app.data()).arg("--cache").arg(cache());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program, once it has said where it listens.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    url: String,
}

impl Running {
    fn start(app: &App) -> Self {
        let mut child = command(app).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let url = line["listening"].as_str().unwrap().to_owned();
        Self { child, stdout, url }
    }

    fn terminate(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }

    /// Waits for the end; what it still wrote to standard output and all that it wrote to standard error.
    fn end(mut self) -> (bool, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().success(), stdout, stderr)
    }
}

/// Starts a program that must refuse to start; what it says.
fn refusal(app: &App) -> String {
    let output = command(app).output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn assert_says(refusal: &str, parts: &[&str]) {
    for part in parts {
        assert!(refusal.contains(part), "{part:?} is not in:\n{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_a_500_without_a_body_and_one_line_in_the_log() {
    let running = Running::start(&App::new(&["trap"], "http://localhost"));
    let answer = post(&format!("{}/trap", running.url), "localhost", "").await;
    assert_eq!((answer.status(), answer.body().len()), (StatusCode::INTERNAL_SERVER_ERROR, 0));

    running.terminate();
    let (success, stdout, stderr) = running.end();
    assert!(success && stdout.is_empty());
    let errors: Vec<_> = stderr.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    assert_says(errors[0], &["component=\"trap\"", "unreachable"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lets_a_request_in_flight_finish_when_it_is_told_to_stop() {
    let upstream = Upstream::start(Duration::from_millis(500)).await;
    let running = Running::start(&App::new(&["forward"], &format!("http://{}", upstream.address)));
    let (url, authority) = (format!("{}/forward", running.url), upstream.address.to_string());
    let request = tokio::spawn(async move { post(&url, &authority, "late").await });
    while upstream.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    running.terminate();

    assert_eq!(request.await.unwrap().body().as_ref(), b"late");
    let (success, _, stderr) = tokio::task::block_in_place(|| running.end());
    assert!(success && stderr.is_empty(), "{stderr}");
}

#[test]
fn names_a_key_that_it_does_not_know() {
    let app = App::new(&["trap"], "http://localhost").with("file = []\n");
    assert_says(&refusal(&app), &["error:", "spin.toml is not valid", "line 9", "unknown field `file`"]);
}

#[test]
fn names_the_wasm_that_is_missing_and_how_to_build_it() {
    let app = App::new(&["trap"], "http://localhost").with(
        "[[trigger.http]]\nroute = \"/b\"\ncomponent = \"b\"\n\
         [component.b]\nsource = \"b.wasm\"\n[component.b.build]\ncommand = \"make b\"\n",
    );
    assert_says(&refusal(&app), &["in [component.b]", "b.wasm", "make b"]);
}

#[test]
fn names_the_variable_that_has_no_value() {
    let app = App::new(&["trap"], "http://localhost").with("[variables]\nsecret_key = { required = true }\n");
    assert_says(&refusal(&app), &["secret_key", "SPIN_VARIABLE_SECRET_KEY"]);
}

#[test]
fn names_the_grant_that_it_cannot_give() {
    let app = App::new(&["trap"], "http://localhost").with("key_value_stores = [\"other\"]\n");
    assert_says(&refusal(&app), &["in [component.trap]", "key_value_stores", "\"other\""]);
    let app = App::new(&["trap"], "localhost");
    assert_says(&refusal(&app), &["in [component.trap]", "allowed_outbound_hosts", "scheme://host"]);
}
