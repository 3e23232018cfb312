//! The little TCP and HTTP that waiting for a server needs; not a client for tests of pages.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A TCP port on loopback that was free a moment ago.
///
/// # Errors
/// When the machine has no free port on 127.0.0.1.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// Connects within `patience`.
pub(crate) fn connect(authority: &str, patience: Duration) -> Result<TcpStream> {
    let address: SocketAddr = authority
        .to_socket_addrs()
        .with_context(|| format!("{authority} is not host:port"))?
        .next()
        .with_context(|| format!("{authority} has no address"))?;
    let stream = TcpStream::connect_timeout(&address, patience)
        .with_context(|| format!("nothing listens on {authority}"))?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

/// `GET url` over plain HTTP/1.1; answers status and body, waiting at most 2 seconds for each read.
///
/// # Errors
/// When `url` is not `http://host:port/…`, nobody answers, or the answer is not HTTP.
pub fn http_get(url: &str) -> Result<(u16, String)> {
    let Some(rest) = url.strip_prefix("http://") else {
        bail!("{url}: only http://host:port/path is supported here");
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = connect(authority, Duration::from_secs(2))?;
    // In one piece: a server may answer what it has read first.
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let answer = read_answer(&mut stream).with_context(|| format!("no answer from {url}"))?;
    let status = parse_status(&answer).with_context(|| format!("{url} did not answer in HTTP"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

/// Reads one answer: as long as its `Content-Length` says (chromedriver keeps connections open), else to the end.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Result<String> {
    let mut answer = Vec::new();
    let mut part = [0; 8192];
    loop {
        let n = stream.read(&mut part)?;
        answer.extend_from_slice(&part[..n]);
        if n == 0 || is_whole(&answer) {
            return Ok(String::from_utf8_lossy(&answer).into_owned());
        }
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    head.lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .is_some_and(|length: usize| answer.len() - end - 4 >= length)
}

fn parse_status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_the_second_word() {
        assert_eq!(parse_status("HTTP/1.1 503 Busy\r\n\r\n"), Some(503));
        assert_eq!(parse_status("HTTP/1.0 200\r\n"), Some(200));
        assert_eq!(parse_status("SSH-2.0-x"), None);
    }

    #[test]
    fn an_answer_is_whole_by_its_length() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nab"));
    }

    #[test]
    fn get_reads_status_and_body() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let n = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone").unwrap();
            String::from_utf8_lossy(&request[..n]).into_owned()
        });
        let (status, body) = http_get(&format!("http://127.0.0.1:{port}/a?b=c")).unwrap();
        assert_eq!((status, body.as_str()), (404, "gone"));
        assert!(server.join().unwrap().starts_with("GET /a?b=c HTTP/1.1\r\n"));
        assert!(http_get("https://127.0.0.1/").is_err());
    }
}
