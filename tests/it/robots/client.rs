//! The client programs that KDocs' document shows, as they stand there but for the origin and the token.

use super::arrived;
use crate::gateway::{Gateway, credentials::CRM};
use std::{
    fs, io,
    process::{Command, Output},
};

/// A client: the program that runs it, its file's name, and its text.
const CLIENTS: [(&str, &str, &str); 3] = [
    ("sh", "curl.sh", include_str!("clients/curl.sh")),
    ("python3", "python.py", include_str!("clients/python.py")),
    ("node", "node.js", include_str!("clients/node.js")),
];

/// What the programs say of where KDocs is and how it is spoken to, and what of the gateway under test.
fn led_to(gateway: &str, text: &str) -> String {
    let authority = gateway.strip_prefix("http://").expect("the gateway speaks plain HTTP");
    let (host, port) = authority.split_once(':').expect("a port");
    [
        ("https://developer.kdocs.cn", gateway),
        ("HTTPSConnection(\"developer.kdocs.cn\")", &format!("HTTPConnection(\"{authority}\")")),
        ("require(\"https\")", "require(\"http\")"),
        ("\"developer.kdocs.cn\"", &format!("\"{host}\"")),
        ("\"port\": null", &format!("\"port\": {port}")),
        // As it stands, Python itself refuses to send it: such a text is Latin-1 to `http.client`.
        ("payload, headers)", "payload.encode(), headers)"),
        ("access_token=xxx", &format!("access_token={CRM}")),
    ]
    .iter()
    .fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

#[tokio::test]
async fn the_documents_own_clients_send() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ran = 0;
    for (program, name, text) in CLIENTS {
        let gateway = Gateway::start().await;
        let file = folder.path().join(name);
        fs::write(&file, led_to(&gateway.url(), text)).expect("the program can be written");

        // A machine may lack one of the languages.
        let run = tokio::task::spawn_blocking(move || Command::new(program).arg(file).env("NO_PROXY", "*").output());
        let Output { status, stdout, stderr } = match run.await.expect("it runs") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            output => output.expect("it runs"),
        };

        let (printed, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success() && printed.contains("\"code\":0"), "{name}: {printed} {errors}");
        assert_eq!(arrived(&gateway), ["这是要发送的消息", "## 这是要发送的markdown"], "{name}");
        ran += 1;
    }
    assert!(ran > 0, "no client could be run");
}
