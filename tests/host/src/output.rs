//! What guests print: whole lines on the host's standard error, each with its component's id before it.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How much of a line is kept; a longer one is broken.
const LINE_LIMIT: usize = 64 * 1024;

/// A guest's standard output or error.
#[derive(Clone)]
pub(crate) struct Output(Arc<Lines>);

struct Lines {
    component: String,
    /// The part of the last line that was printed so far.
    pending: Mutex<Vec<u8>>,
}

impl Output {
    pub(crate) fn new(component: &str) -> Self {
        Self(Arc::new(Lines { component: component.to_owned(), pending: Mutex::default() }))
    }
}

impl Lines {
    fn print(&self, bytes: &[u8]) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        split(&mut pending, bytes, |line| self.emit(line));
    }

    fn emit(&self, line: &[u8]) {
        let mut prefixed = Vec::with_capacity(self.component.len() + line.len() + 4);
        prefixed.extend_from_slice(format!("[{}] ", self.component).as_bytes());
        prefixed.extend_from_slice(line);
        prefixed.push(b'\n');
        // A closed standard error is no reason to stop a guest.
        let _ = io::stderr().lock().write_all(&prefixed);
    }
}

/// Hands on the lines that `bytes` complete, without their ends, and keeps what is left in `pending`.
fn split(pending: &mut Vec<u8>, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        pending.extend_from_slice(piece.strip_suffix(b"\n").unwrap_or(piece));
        if piece.ends_with(b"\n") || pending.len() >= LINE_LIMIT {
            emit(pending);
            pending.clear();
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let pending = std::mem::take(self.pending.get_mut().unwrap_or_else(PoisonError::into_inner));
        if !pending.is_empty() {
            self.emit(&pending);
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LINE_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(writes: &[&[u8]]) -> (Vec<String>, usize) {
        let (mut pending, mut lines) = (Vec::new(), Vec::new());
        for bytes in writes {
            split(&mut pending, bytes, |line| lines.push(String::from_utf8_lossy(line).into_owned()));
        }
        (lines, pending.len())
    }

    #[test]
    fn only_whole_lines_are_handed_on() {
        assert_eq!(lines(&[b"one\ntw", b"o\n\nthr"]), (vec!["one".into(), "two".into(), String::new()], 3));
    }

    #[test]
    fn a_line_without_an_end_is_broken() {
        let (lines, pending) = lines(&[&[b'x'; LINE_LIMIT], b"y\n"]);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LINE_LIMIT, 1]);
        assert_eq!(pending, 0);
    }
}
