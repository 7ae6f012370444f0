//! Requests and answers over real sockets: a connection that is kept, and all that ends one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kinglet::clock;
use kinglet::link::{Link, LinkError, LinkEvent, ServerUrl, Target};
use kinglet_proto::output::Request;

use super::bare::Bare;

const LIMIT: Duration = Duration::from_secs(10);

/// What a server does with one connection after the other: a list of answers for each, after the
/// last of which it hangs up. Its end tells the bodies that it heard, by connection.
fn server(connections: Vec<Vec<String>>) -> (u16, JoinHandle<Vec<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = thread::spawn(move || {
        connections.iter().map(|answers| serve(&listener.accept().unwrap().0, answers)).collect()
    });
    (port, served)
}

fn serve(stream: &TcpStream, answers: &[String]) -> Vec<String> {
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut reader = BufReader::new(stream);
    answers
        .iter()
        .map(|answer| {
            let body = heard(&mut reader);
            (&mut &*stream).write_all(answer.as_bytes()).unwrap();
            body
        })
        .collect()
}

/// The body of one request.
fn heard(reader: &mut BufReader<&TcpStream>) -> String {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(count) = line.strip_prefix("Content-Length: ") {
            length = count.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

fn link(port: u16) -> Bare {
    let url = ServerUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    Bare { link: Link::new(Target::straight(url, None)) }
}

/// Asks, and waits for what comes of it: whether over the open connection, the status, the body.
fn ask(bare: &mut Bare, body: &str) -> Result<(bool, u16, String), LinkError> {
    let path_and_query = "/write?db=x".to_owned();
    let request = Request { path_and_query, headers: Vec::new(), body: Some(body.to_owned()) };
    let was_open = bare.link.ask(request, clock::now().instant);
    loop {
        match bare.next(LIMIT).expect("an answer in time") {
            LinkEvent::Answered(answer) => return Ok((was_open, answer.status, answer.body)),
            LinkEvent::Closed(error) => return Err(error),
            LinkEvent::Progress(_)
            | LinkEvent::Opened
            | LinkEvent::Text(_)
            | LinkEvent::Pong
            | LinkEvent::Blocked
            | LinkEvent::Drained => {}
        }
    }
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn requests_follow_each_other_over_one_connection() {
    let chunks = "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n\
                  5\r\n{\"err\r\n8\r\nor\":\"x\"}\r\n0\r\n\r\n";
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    let answers = vec![answer("200 OK", "fine"), chunks.to_owned(), interim.to_owned()];
    let (port, served) = server(vec![answers]);
    let mut bare = link(port);
    assert_eq!(ask(&mut bare, "one").unwrap(), (false, 200, "fine".to_owned()));
    assert_eq!(ask(&mut bare, "two").unwrap(), (true, 400, "{\"error\":\"x\"}".to_owned()));
    assert_eq!(ask(&mut bare, "").unwrap(), (true, 204, String::new()));
    assert_eq!(served.join().unwrap(), [["one", "two", ""]]);
    // The server has hung up: that is told, and the next request is another connection's.
    assert!(matches!(bare.fault(LIMIT), LinkError::Ended));
}

#[test]
fn a_connection_that_the_server_ends_is_not_used_again() {
    let closes = answer("200 OK\r\nConnection: close", "");
    let old = "HTTP/1.0 200 OK\r\n\r\nto the end".to_owned();
    let (port, served) = server(vec![vec![closes], vec![old], vec![answer("204 No", "")]]);
    let mut bare = link(port);
    assert_eq!(ask(&mut bare, "a").unwrap(), (false, 200, String::new()));
    let second = ask(&mut bare, "b").unwrap();
    assert_eq!(second, (false, 200, "to the end".to_owned()));
    assert_eq!(ask(&mut bare, "c").unwrap(), (false, 204, String::new()));
    assert_eq!(served.join().unwrap(), [["a"], ["b"], ["c"]]);
}

#[test]
fn an_answer_before_the_whole_body_was_heard_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 256]).unwrap();
        stream.write_all(answer("413 Too Large", "<html>").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // Read as nginx does, or the answer would be lost to a reset.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let mut bare = link(port);
    let body = "x".repeat(4 * 1024 * 1024);
    assert_eq!(ask(&mut bare, &body).unwrap(), (false, 413, "<html>".to_owned()));
    drop(bare);
    served.join().unwrap();
}

#[test]
fn a_server_that_says_nothing_sensible_is_an_error() {
    let (port, served) = server(vec![vec!["SSH-2.0-OpenSSH_9\r\n".to_owned()], vec![]]);
    let mut bare = link(port);
    let error = ask(&mut bare, "a").unwrap_err();
    assert_eq!(error.to_string(), "the server broke the protocol: its answer is not HTTP");
    let error = ask(&mut bare, "b").unwrap_err();
    assert!(matches!(error, LinkError::Ended | LinkError::Broken(_)), "{error}");
    served.join().unwrap();
}
