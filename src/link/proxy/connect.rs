//! CONNECT, as HTTP proxies know it (RFC 9110 section 9.3.6, RFC 9112).
//!
//! ```text
//! CONNECT hub.example.org:443 HTTP/1.1
//! Host: hub.example.org:443
//! Proxy-Authorization: Basic bWU6cHc=
//!
//! HTTP/1.1 200 Connection established
//!
//! ```

use kinglet_proto::wire::base64::base64;

use super::{Login, Next, ProxyError, Talk};
use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// The request; a proxy that knows who asks may refuse that.
pub(super) fn begin(login: Option<&Login>, host: &str, port: u16) -> (Vec<u8>, Talk) {
    let authority =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some(Login { user, password }) = login {
        let pair = format!("{user}:{}", password.expose());
        request += "Proxy-Authorization: Basic ";
        request += &base64(pair.as_bytes());
        request += "\r\n";
    }
    request += "\r\n";
    (request.into_bytes(), Talk::Connect { is_known: login.is_some() })
}

/// Reads the answer: nothing comes behind its head before we have spoken to the server.
pub(super) fn hear(is_known: bool, heard: &[u8]) -> Result<Next, ProxyError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(heard) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if heard.len() < HEAD_BYTES_MAX => return Ok(Next::Wait),
        Ok(httparse::Status::Partial) | Err(_) => return Err(ProxyError::Foreign),
    };
    match response.code {
        Some(200..300) if length == heard.len() => Ok(Next::Open),
        // tinyproxy says 401 to a wrong password, as if it were a server.
        Some(401 | 407) if is_known => Err(ProxyError::LoginRefused),
        Some(401 | 407) => Err(ProxyError::LoginWanted),
        Some(code @ 300..) => {
            let reason = response.reason.unwrap_or_default();
            Err(ProxyError::Refused(format!("{code} {reason}").trim_end().to_owned()))
        }
        Some(_) | None => Err(ProxyError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::proxy::Proxy;

    #[test]
    fn it_is_asked_for_the_server_by_its_name() {
        let said = |proxy: &str, host: &str| {
            let (said, _) = Proxy::parse(proxy).unwrap().begin(host, 443);
            String::from_utf8(said).unwrap()
        };
        assert_eq!(
            said("http://p", "hub.example"),
            "CONNECT hub.example:443 HTTP/1.1\r\nHost: hub.example:443\r\n\r\n"
        );
        assert!(said("http://p", "::1").starts_with("CONNECT [::1]:443 HTTP/1.1\r\n"));
        let login = "\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n";
        assert!(said("http://me:pw@p", "h").ends_with(login));
    }

    #[test]
    fn its_answer_is_read_in_pieces() {
        let answer = "HTTP/1.1 200 OK\r\nVia: x\r\n\r\n";
        for end in 0..answer.len() {
            assert_eq!(hear(false, &answer.as_bytes()[..end]), Ok(Next::Wait));
        }
        assert_eq!(hear(false, answer.as_bytes()), Ok(Next::Open));
        let refused = |words: &str| Err(ProxyError::Refused(words.to_owned()));
        for (answer, told) in [
            ("HTTP/1.1 407 x\r\n\r\n", Err(ProxyError::LoginWanted)),
            ("HTTP/1.1 403 Filtered\r\n\r\nbody", refused("403 Filtered")),
            ("HTTP/1.0 502\r\n\r\n", refused("502")),
            ("HTTP/1.1 200 OK\r\n\r\nmore", Err(ProxyError::Foreign)),
            ("HTTP/1.1 100 x\r\n\r\n", Err(ProxyError::Foreign)),
            ("\x05\x00", Err(ProxyError::Foreign)),
        ] {
            assert_eq!(hear(false, answer.as_bytes()), told, "{answer}");
        }
        for answer in ["HTTP/1.1 407 x\r\n\r\n", "HTTP/1.0 401 Unauthorized\r\n\r\n"] {
            assert_eq!(hear(true, answer.as_bytes()), Err(ProxyError::LoginRefused));
        }
        let endless = format!("HTTP/1.1 200 {}", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(hear(false, endless.as_bytes()), Err(ProxyError::Foreign));
    }
}
