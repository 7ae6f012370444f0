//! The way to a server through a proxy, which real ones are not told to break.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kinglet::link::{Link, Target};
use kinglet_proto::output::Request;

use super::agent::{Temporary, load};
use super::bare::Bare;
use super::server::{Server, upgrade};
use super::*;

/// Reads until the end of a request's head.
fn head(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a request comes");
        heard.push(byte[0]);
    }
    String::from_utf8(heard).unwrap()
}

/// An agent that reports every second to a name which only its proxy knows.
fn behind(proxy: &str, server: &Server) -> (Agent, Temporary) {
    let token = Temporary::new("t");
    let proxy = proxy.replace("PORT", &server.port().to_string());
    let text = format!(
        "interval = \"1s\"\n[[server]]\nurl = \"ws://hub.invalid/x\"\nproxy = \"{proxy}\"\n\
         token_file = \"{}\"\n",
        token.path()
    );
    (Agent::start(&text), token)
}

#[test]
fn an_http_proxy_makes_the_way_and_hears_no_token() {
    let proxy = Server::new();
    let (_agent, _token) = behind("http://me:pw@127.0.0.1:PORT", &proxy);
    let mut stream = proxy.accept();
    let asked = head(&mut stream);
    assert!(asked.starts_with("CONNECT hub.invalid:80 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nProxy-Authorization: Basic bWU6cHc=\r\n"), "{asked}");
    assert!(!asked.contains("Bearer"), "{asked}");
    // In pieces, as a bad line has it.
    for piece in ["HTTP/1.1 200 Conn", "ection established\r\nVia: 1.1 x\r\n\r", "\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        pause(Duration::from_millis(20));
    }
    let mut visit = upgrade(stream);
    assert_eq!(visit.door.header("authorization"), Some("Bearer t"));
    assert_eq!(visit.door.header("proxy-authorization"), None);
    assert!(visit.frame_of("metrics")["data"]["hostname"].is_string());
}

#[test]
fn a_socks_proxy_looks_the_name_up() {
    let proxy = Server::new();
    let (_agent, _token) = behind("socks5h://me:pw@127.0.0.1:PORT", &proxy);
    let mut stream = proxy.accept();
    let hear = |stream: &mut TcpStream, length: usize, answer: &[u8]| {
        let mut heard = vec![0; length];
        stream.read_exact(&mut heard).expect("the agent speaks");
        stream.write_all(answer).unwrap();
        heard
    };
    assert_eq!(hear(&mut stream, 4, &[5, 2]), [5, 2, 0, 2]);
    assert_eq!(hear(&mut stream, 7, &[1, 0]), b"\x01\x02me\x02pw");
    let request = hear(&mut stream, 18, &[5, 0, 0, 1, 10, 0, 0, 1, 0, 80]);
    assert_eq!(request, b"\x05\x01\x00\x03\x0bhub.invalid\x00\x50");
    let mut visit = upgrade(stream);
    assert!(visit.frame_of("metrics")["data"]["hostname"].is_string());
}

/// Why no way is made when the proxy says this; empty hangs up at once.
fn fault(answer: &str) -> String {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let proxy = format!("proxy = \"http://127.0.0.1:{}\"", server.port());
    let config = load(&block("ws", 9, &token, &proxy)).unwrap();
    let found = config.servers[0].clone();
    let mut link = Link::new(Target { proxy: found.proxy, ..Target::straight(found.url, None) });
    let request = Request { path_and_query: "/".to_owned(), ..Request::default() };
    link.dial(request, kinglet::clock::now().instant);
    let answer = answer.to_owned();
    let serving = std::thread::spawn(move || {
        let mut stream = server.accept();
        head(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let told = Bare { link }.fault(Duration::from_secs(5)).to_string();
    serving.join().unwrap();
    told
}

#[test]
fn a_proxy_that_makes_no_way_is_told_from_the_server() {
    for (answer, due) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "it wants a login"),
        ("HTTP/1.1 403 Filtered\r\n\r\n", "no way through the proxy: \"403 Filtered\""),
        ("SSH-2.0-OpenSSH_9.2\r\n", "is none of its protocol"),
        ("", "it hung up"),
    ] {
        let told = fault(answer);
        assert!(told.contains(due), "{answer}: {told}");
    }
}

#[test]
fn its_password_is_in_no_word_of_ours() {
    let token = Temporary::new("t");
    let with = |proxy: &str| load(&block("ws", 9, &token, &format!("proxy = \"{proxy}\"")));
    let config = with("http://me:hunter2@p").unwrap();
    assert!(config.to_string().contains("\nproxy = \"http://***@p:3128\"\n"), "{config}");
    assert!(!format!("{config}{config:?}").contains("hunter2"));
    assert!(with("none").unwrap().servers[0].proxy.is_none());
    let told = with("http://me:hunter2@p/x").unwrap_err();
    assert!(told.contains("server.proxy: a proxy is a host and a port"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}
