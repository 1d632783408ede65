//! What a request meets on its way: servers that answer, stall, refuse or are not there.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;

const SHORT: Duration = Duration::from_millis(50);

/// A server that sends `answer` for each request that it reads, and never ends a connection; it reports how many
/// connections it accepted.
async fn server(answer: &'static str) -> (SocketAddr, tokio::sync::watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (count, counted) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.send_modify(|count| *count += 1);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while stream.read(&mut request).await? > 0 {
                    stream.write_all(answer.as_bytes()).await?;
                }
                io::Result::Ok(())
            });
        }
    });
    (address, counted)
}

async fn get(client: &Client, uri: String, options: RequestOptions) -> Result<(http::StatusCode, Bytes)> {
    let body = Full::new(Bytes::new()).map_err(Error::from).boxed_unsync();
    let response = client.clone().send(http::Request::get(uri).body(body).unwrap(), options).await?;
    Ok((response.status(), response.into_body().collect().await?.to_bytes()))
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let (address, connections) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let client = Client::new();
    for _ in 0..3 {
        let (status, body) = get(&client, format!("http://{address}/"), RequestOptions::default()).await.unwrap();
        assert_eq!((status.as_u16(), body.as_ref()), (200, &b"ok"[..]));
    }
    assert_eq!(*connections.borrow(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (address, _) = server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    let (status, _) = get(&Client::new(), format!("http://{address}/"), RequestOptions::default()).await.unwrap();
    assert_eq!(status.as_u16(), 302);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let (address, _) = server("").await;
    let options = RequestOptions { first_byte_timeout: Some(SHORT), ..Default::default() };
    let error = get(&Client::new(), format!("http://{address}/"), options).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let (address, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let options = RequestOptions { between_bytes_timeout: Some(SHORT), ..Default::default() };
    let error = get(&Client::new(), format!("http://{address}/"), options).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_takes_too_long_is_given_up() {
    // Nobody accepts, and the queue of those who wait to be accepted is full.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting: Vec<_> = (0..8).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
    tokio::time::sleep(SHORT).await;

    let options = RequestOptions { connect_timeout: Some(SHORT), ..Default::default() };
    let error = get(&Client::new(), format!("http://{address}/"), options).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionTimeout), "{error:?}");
    waiting.iter().for_each(|connection| connection.abort());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_from_one_whose_name_is_not_known() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = get(&Client::new(), format!("http://{address}/"), RequestOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused), "{error:?}");
    let error = get(&Client::new(), "http://name.invalid/".into(), RequestOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::DnsError { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_the_protocol_is_an_error() {
    let (address, _) = server("220 ready\r\n").await;
    let options = RequestOptions { first_byte_timeout: Some(Duration::from_secs(10)), ..Default::default() };
    let error = get(&Client::new(), format!("http://{address}/"), options).await.unwrap_err();
    assert!(matches!(error, Error::HttpProtocolError), "{error:?}");
    let error = get(&Client::new(), format!("https://{address}/"), options).await.unwrap_err();
    assert!(matches!(error, Error::TlsProtocolError), "{error:?}");
}
