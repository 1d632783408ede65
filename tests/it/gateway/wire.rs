//! Requests as they stand on the wire: no client tidies them up.

use super::Gateway;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

impl Gateway {
    /// Sends the head of a request and nothing else, and returns the status and the body of the answer.
    pub async fn raw(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let authority = self.host.url.strip_prefix("http://").expect("the host speaks plain HTTP");
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(authority).await.expect("the host listens");
        stream.write_all((head + "\r\n").as_bytes()).await.expect("the host reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the host answers");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no status: {head}")), body.to_owned())
    }
}
