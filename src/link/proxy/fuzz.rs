//! Answers of proxies for `fuzz/`.

use super::{Next, Proxy, ProxyError};

/// Hears what a proxy says in pieces of this size; whether the way is open at its end.
pub fn proxy(url: &str, bytes: &[u8], piece: usize) -> Result<bool, ProxyError> {
    let Ok(proxy) = Proxy::parse(url) else { return Ok(false) };
    let (_, mut talk) = proxy.begin("hub.test", 443);
    let mut heard = Vec::new();
    for part in bytes.chunks(piece.max(1)) {
        heard.extend_from_slice(part);
        match talk.hear(&heard)? {
            Next::Wait => {}
            Next::Say(_) => heard.clear(),
            Next::Open => return Ok(true),
        }
    }
    Ok(false)
}
