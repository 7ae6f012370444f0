//! SOCKS 5 (RFC 1928), with a user's name and password (RFC 1929) where the proxy wants them.
//!
//! ```text
//! 05 01 00                       we know no login         05 02 00 02   or one
//! 05 00                          none is wanted           05 02         it is
//! 05 01 00 03 0b hub.example 01bb   connect to the name   01 02 me 02 pw
//! 05 00 00 01 0a000001 d431      it is                    01 00         known
//! ```

use std::net::IpAddr;

use super::{Login, Next, ProxyError};

/// How far it is.
pub(super) struct Talk {
    stage: Stage,
    login: Option<Login>,
    /// What asks for the server.
    request: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// The proxy chooses how we say who we are.
    Greeted,
    /// It looks at the login.
    LoggingIn,
    /// It connects.
    Asked,
}

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const NO_LOGIN: u8 = 0;
const BY_PASSWORD: u8 = 2;

/// The greeting.
pub(super) fn begin(login: Option<Login>, host: &str, port: u16) -> (Vec<u8>, super::Talk) {
    let mut request = vec![VERSION, 1, 0];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        // A name of DNS has 253 bytes at most: what is longer is refused by whoever looks it up.
        Err(_) => {
            request.push(3);
            with_length(&mut request, host);
        }
    }
    request.extend(port.to_be_bytes());
    let greeting = match login {
        Some(_) => vec![VERSION, 2, NO_LOGIN, BY_PASSWORD],
        None => vec![VERSION, 1, NO_LOGIN],
    };
    (greeting, super::Talk::Socks(Talk { stage: Stage::Greeted, login, request }))
}

impl Talk {
    pub(super) fn hear(&mut self, heard: &[u8]) -> Result<Next, ProxyError> {
        let version = if matches!(self.stage, Stage::LoggingIn) { LOGIN_VERSION } else { VERSION };
        let (Some(first), Some(code)) = (heard.first(), heard.get(1)) else {
            return Ok(Next::Wait);
        };
        if *first != version {
            return Err(ProxyError::Foreign);
        }
        match (self.stage, *code, &self.login) {
            (Stage::Greeted, NO_LOGIN, _) | (Stage::LoggingIn, 0, _) if heard.len() == 2 => {
                self.stage = Stage::Asked;
                Ok(Next::Say(std::mem::take(&mut self.request)))
            }
            (Stage::Greeted, BY_PASSWORD, Some(login)) if heard.len() == 2 => {
                let mut said = vec![LOGIN_VERSION];
                with_length(&mut said, &login.user);
                with_length(&mut said, login.password.expose());
                self.stage = Stage::LoggingIn;
                Ok(Next::Say(said))
            }
            (Stage::Greeted, 0xff, None) => Err(ProxyError::LoginWanted),
            (Stage::Greeted, 0xff, Some(_)) | (Stage::LoggingIn, 1.., _) => {
                Err(ProxyError::LoginRefused)
            }
            (Stage::Greeted | Stage::LoggingIn, ..) => Err(ProxyError::Foreign),
            (Stage::Asked, 0, _) => connected(heard),
            (Stage::Asked, code, _) => Err(ProxyError::Refused(refusal(code))),
        }
    }
}

/// The answer ends with an address, which is the proxy's own and of no use.
fn connected(heard: &[u8]) -> Result<Next, ProxyError> {
    let length = match (heard.get(3), heard.get(4)) {
        (Some(1), _) => 10,
        (Some(4), _) => 22,
        (Some(3), Some(name)) => 7 + usize::from(*name),
        (Some(3), None) | (None, _) => return Ok(Next::Wait),
        (Some(_), _) => return Err(ProxyError::Foreign),
    };
    match heard.len() {
        len if len < length => Ok(Next::Wait),
        len if len == length => Ok(Next::Open),
        _ => Err(ProxyError::Foreign),
    }
}

/// RFC 1928 section 6.
fn refusal(code: u8) -> String {
    let words = match code {
        1 => "it failed",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "the way is too long",
        _ => return format!("reply {code}"),
    };
    words.to_owned()
}

/// The text's length in a byte, and the text.
fn with_length(bytes: &mut Vec<u8>, text: &str) {
    let text = &text.as_bytes()[..text.len().min(usize::from(u8::MAX))];
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::proxy::Proxy;

    fn talk(proxy: &str, host: &str) -> (Vec<u8>, Talk) {
        match Proxy::parse(proxy).unwrap().begin(host, 443) {
            (said, super::super::Talk::Socks(talk)) => (said, talk),
            (_, super::super::Talk::Connect { .. }) => panic!("{proxy}"),
        }
    }

    #[test]
    fn a_name_goes_to_the_proxy_as_it_is() {
        let (said, mut talk) = talk("socks5h://p", "hub.example");
        assert_eq!(said, [5, 1, 0]);
        assert_eq!(talk.hear(&[]), Ok(Next::Wait));
        assert_eq!(talk.hear(&[5]), Ok(Next::Wait));
        let request = [b"\x05\x01\x00\x03\x0bhub.example".as_slice(), &[1, 0xbb]].concat();
        assert_eq!(talk.hear(&[5, 0]), Ok(Next::Say(request)));
        let answer = [5, 0, 0, 1, 10, 0, 0, 1, 1, 2];
        for end in 0..answer.len() {
            assert_eq!(talk.hear(&answer[..end]), Ok(Next::Wait), "{end}");
        }
        assert_eq!(talk.hear(&answer), Ok(Next::Open));
        assert_eq!(talk.hear(&[&answer[..], b"x"].concat()), Err(ProxyError::Foreign));
        let named = [&[5, 0, 0, 3, 2][..], b"ab\x01\x02"].concat();
        assert_eq!(talk.hear(&named), Ok(Next::Open));
        let sixth = [&[5, 0, 0, 4][..], &[0; 18]].concat();
        assert_eq!(talk.hear(&sixth), Ok(Next::Open));
        assert_eq!(talk.hear(&[5, 0, 0, 9]), Err(ProxyError::Foreign));
        assert_eq!(talk.hear(&[4, 0]), Err(ProxyError::Foreign));
    }

    #[test]
    fn addresses_go_as_such() {
        for (host, request) in [
            ("10.0.0.1", &[5, 1, 0, 1, 10, 0, 0, 1, 1, 0xbb][..]),
            ("::1", &[5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xbb]),
        ] {
            let (_, mut talk) = talk("socks5h://p", host);
            assert_eq!(talk.hear(&[5, 0]), Ok(Next::Say(request.to_vec())));
        }
    }

    #[test]
    fn a_login_is_said_where_it_is_wanted() {
        let (said, mut asked) = talk("socks5h://me:pwd@p", "h");
        assert_eq!(said, [5, 2, 0, 2]);
        assert_eq!(asked.hear(&[5, 2]), Ok(Next::Say(b"\x01\x02me\x03pwd".to_vec())));
        assert_eq!(asked.hear(&[1, 1]), Err(ProxyError::LoginRefused));
        assert_eq!(asked.hear(&[1, 0]), Ok(Next::Say(b"\x05\x01\x00\x03\x01h\x01\xbb".to_vec())));
        let (_, mut unasked) = talk("socks5h://me:pwd@p", "h");
        assert!(matches!(unasked.hear(&[5, 0]), Ok(Next::Say(said)) if said[0] == 5));
        let (_, mut stranger) = talk("socks5h://p", "h");
        assert_eq!(stranger.hear(&[5, 0xff]), Err(ProxyError::LoginWanted));
        assert_eq!(stranger.hear(&[5, 2]), Err(ProxyError::Foreign));
    }

    #[test]
    fn what_it_refuses_is_told_in_words() {
        for (code, words) in [(2, "not allowed by its rules"), (5, "connection refused")] {
            let (_, mut talk) = talk("socks5h://p", "h");
            talk.hear(&[5, 0]).unwrap();
            let told = talk.hear(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
            assert_eq!(told, Err(ProxyError::Refused(words.to_owned())));
        }
        assert_eq!(refusal(99), "reply 99");
    }
}
