//! The benchmark itself: short, on the host that tests run on. What it measures there says nothing.

use std::process::Command;

#[test]
#[cfg(target_os = "linux")]
fn every_row_of_the_gateway_is_answered_as_it_should() {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.args(["bench", "--no-build", "--profile", "dev", "--parts", "rows,queue", "--divide", "500"]);
    let output = xtask.args(["--rows", "abcdefgjkl", "--seconds", "0.2"]).output().expect("xtask runs");

    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains("requests failed"), "{printed}");
    for row in ('a'..='g').chain('j'..='l') {
        assert!(printed.contains(&format!("\n| {row} | ")), "{row}: {printed}");
    }
    assert!(printed.contains("\n| 10 of 10 | "), "{printed}");
    let fates = printed.lines().find(|line| line.contains("What they come to: "));
    assert!(fates.is_some_and(|fates| fates.ends_with(" `submitted`.") && !fates.contains(',')), "{printed}");
}
