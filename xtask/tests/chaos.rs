//! The run of `chaos` that every change has to pass: thirty seconds with each of three seeds.

use std::process::Command;
use std::thread;

/// The seeds; on Linux, where every kind of trouble can be played.
const SEEDS: [&str; 3] = ["1", "2", "3"];

#[test]
#[cfg(target_os = "linux")]
fn everything_agrees_after_thirty_seconds_of_trouble() {
    let runs = SEEDS.map(|seed| {
        thread::spawn(move || {
            let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
            xtask.args(["chaos", "--no-build", "--minutes", "0.5", "--seed", seed]).output().expect("xtask runs")
        })
    });
    for run in runs {
        let output = run.join().expect("xtask ends");
        let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}");
        // What was not played proves nothing.
        for played in ["messages asked for", "recipients delivered", "events that usual took", "trouble: kills"] {
            assert!(printed.contains(played), "{played}: {printed}");
        }
    }
}
