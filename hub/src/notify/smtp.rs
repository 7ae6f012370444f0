//! A letter goes to a mail server: RFC 5321, with STARTTLS (RFC 3207) and login (RFC 4954).
//!
//! One letter a connection, one step after the other. Whatever the server has said before TLS is
//! forgotten, and without TLS nothing is said where the owner wants it.

mod reply;

use std::io;
use std::net::SocketAddr;

use data_encoding::BASE64;
use reply::Reply;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::fate::Fate;
use super::letter::address;
use super::settings::{Access, Mail, MailTls};
use crate::limits::{HTTP_CONNECT_TIMEOUT, SMTP_REPLY_BYTES_MAX, SMTP_TIMEOUT};

/// Who logs in, if anybody does.
pub(super) type User<'a> = Option<&'a str>;

/// Sends a letter.
pub(super) async fn send(
    letter: &str,
    mail: &Mail,
    access: &Access,
    user: User<'_>,
    tls: Option<&TlsConnector>,
) -> Fate {
    let to = access.address.authority();
    let sent = async {
        let mut talk = Talk::open(mail.tls, access, tls).await?;
        if let Some(user) = user {
            talk.log_in(user, access.secret.expose()).await?;
        }
        let fate = talk.hand_over(letter, mail).await?;
        // It is there, whatever is said to this.
        let _ = talk.say("QUIT").await;
        Ok(fate)
    };
    match timeout(SMTP_TIMEOUT, sent).await {
        Ok(Ok(fate) | Err(fate)) => fate,
        Err(_) => Fate::Later(None, format!("{to} does not answer")),
    }
}

/// A connection of whichever kind.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A conversation. What goes wrong in it ends it, with what that means for the letter.
struct Talk {
    stream: Box<dyn Stream>,
    /// What came and was not read yet.
    came: Vec<u8>,
    /// What the server can do.
    hello: Reply,
}

impl Talk {
    /// Up to the greeting, on a line as safe as is wanted.
    async fn open(
        tls: MailTls,
        access: &Access,
        connector: Option<&TlsConnector>,
    ) -> Result<Self, Fate> {
        let (address, to) = (&access.address, access.address.authority());
        let failed = |error: io::Error| Fate::Later(None, format!("cannot reach {to}: {error}"));
        let dial = TcpStream::connect((address.host.as_str(), address.port));
        let dialled = timeout(HTTP_CONNECT_TIMEOUT, dial).await;
        let tcp =
            dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(failed)?;
        let name = own_name(tcp.local_addr().map_err(failed)?);
        let stream: Box<dyn Stream> = match tls {
            MailTls::Implicit => secured(Box::new(tcp), &address.host, connector).await?,
            MailTls::Starttls | MailTls::None => Box::new(tcp),
        };
        let hello = Reply { code: 0, lines: Vec::new() };
        let mut talk = Self { stream, came: Vec::new(), hello };
        talk.expect(220, "greeting").await?;
        talk.greet(&name).await?;
        if tls == MailTls::Starttls {
            if talk.hello.extension("STARTTLS").is_none() {
                let words = format!("{to} offers no STARTTLS, and in clear nothing is said");
                return Err(Fate::Refused(words));
            }
            talk.say("STARTTLS").await?;
            talk.expect(220, "STARTTLS").await?;
            // What came behind the answer was written by whoever is between us.
            talk.came.clear();
            talk.stream = secured(talk.stream, &address.host, connector).await?;
            talk.greet(&name).await?;
        }
        Ok(talk)
    }

    async fn greet(&mut self, name: &str) -> Result<(), Fate> {
        self.say(&format!("EHLO {name}")).await?;
        self.hello = self.expect(250, "EHLO").await?;
        Ok(())
    }

    /// By PLAIN, or by LOGIN where the server is old.
    async fn log_in(&mut self, user: &str, password: &str) -> Result<(), Fate> {
        let offered = self.hello.extension("AUTH").unwrap_or_default().to_ascii_uppercase();
        let offers = |name: &str| offered.split(' ').any(|offered| offered == name);
        let encoded = |text: &str| BASE64.encode(text.as_bytes());
        if offers("PLAIN") {
            self.say(&format!("AUTH PLAIN {}", encoded(&format!("\0{user}\0{password}")))).await?;
        } else if offers("LOGIN") {
            self.say("AUTH LOGIN").await?;
            self.expect(334, "AUTH LOGIN").await?;
            self.say(&encoded(user)).await?;
            self.expect(334, "AUTH LOGIN").await?;
            self.say(&encoded(password)).await?;
        } else {
            let words = "the server offers no login by PLAIN or LOGIN on this line";
            return Err(Fate::Refused(words.to_owned()));
        }
        self.expect(235, "login").await.map(drop).map_err(|fate| match fate {
            Fate::Refused(words) => Fate::Refused(format!("{words} (mend the user or password)")),
            fate @ (Fate::Taken | Fate::Partly(_) | Fate::Later(..)) => fate,
        })
    }

    /// The letter goes to whoever of those it is for may have it.
    async fn hand_over(&mut self, letter: &str, mail: &Mail) -> Result<Fate, Fate> {
        self.say(&format!("MAIL FROM:<{}>", address(&mail.from))).await?;
        self.expect(250, "MAIL FROM").await?;
        let (mut taken, mut refused) = (0, None);
        for to in &mail.to {
            self.say(&format!("RCPT TO:<{}>", address(to))).await?;
            let reply = self.hear().await?;
            match reply.code {
                250..=251 => taken += 1,
                _ => refused = Some(reply.fate(&format!("to {}", address(to)))),
            }
        }
        if taken == 0
            && let Some(fate) = refused
        {
            return Err(fate);
        }
        self.say("DATA").await?;
        self.expect(354, "DATA").await?;
        self.say(&format!("{}.", stuffed(letter))).await?;
        self.expect(250, "the letter").await?;
        Ok(match refused {
            Some(Fate::Refused(words) | Fate::Later(_, words)) => Fate::Partly(words),
            Some(Fate::Taken | Fate::Partly(_)) | None => Fate::Taken,
        })
    }

    async fn say(&mut self, line: &str) -> Result<(), Fate> {
        let said = async {
            self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            self.stream.flush().await
        };
        said.await.map_err(|error| broken(&error))
    }

    /// The next answer, which is this one or the end.
    async fn expect(&mut self, code: u16, step: &str) -> Result<Reply, Fate> {
        let reply = self.hear().await?;
        if reply.code == code { Ok(reply) } else { Err(reply.fate(step)) }
    }

    async fn hear(&mut self) -> Result<Reply, Fate> {
        loop {
            let taken = Reply::take(&mut self.came).map_err(|words| Fate::Later(None, words))?;
            if let Some(reply) = taken {
                return Ok(reply);
            }
            if self.came.len() > SMTP_REPLY_BYTES_MAX {
                return Err(Fate::Later(None, "it says too much".to_owned()));
            }
            match self.stream.read_buf(&mut self.came).await {
                Ok(0) => return Err(broken(&io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) => return Err(broken(&error)),
            }
        }
    }
}

fn broken(error: &io::Error) -> Fate {
    Fate::Later(None, format!("the connection broke: {error}"))
}

async fn secured(
    stream: Box<dyn Stream>,
    host: &str,
    connector: Option<&TlsConnector>,
) -> Result<Box<dyn Stream>, Fate> {
    let failed = |what: String| Fate::Later(None, format!("tls with {host}: {what}"));
    let connector = connector.ok_or_else(|| failed("not set up".to_owned()))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
    let secured = connector.connect(name, stream).await;
    Ok(Box::new(secured.map_err(|error| failed(error.to_string()))?))
}

/// RFC 5321 section 4.1.3: an address stands for a name that others could not look up.
fn own_name(own: SocketAddr) -> String {
    match own {
        SocketAddr::V4(own) => format!("[{}]", own.ip()),
        SocketAddr::V6(own) => format!("[IPv6:{}]", own.ip()),
    }
}

/// A line that begins with a dot has one more: a dot alone is the end.
fn stuffed(letter: &str) -> String {
    let letter = letter.replace("\r\n.", "\r\n..");
    if letter.starts_with('.') { format!(".{letter}") } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_letter_is_its_end() {
        assert_eq!(stuffed(".\r\na\r\n.\r\n..b\r\n"), "..\r\na\r\n..\r\n...b\r\n");
        assert_eq!(own_name("192.0.2.1:25".parse().unwrap()), "[192.0.2.1]");
        assert_eq!(own_name("[::1]:25".parse().unwrap()), "[IPv6:::1]");
    }
}
