//! Answers of name servers for `fuzz/`.

use std::net::IpAddr;

use super::message::{Answer, Family, answer, question};
use super::resolv_conf::ResolvConf;

/// The addresses that a datagram gives for a name: `None` when it is no answer to the question
/// or refuses it, or when that is no name.
pub fn name_server_answer(name: &str, is_v6: bool, datagram: &[u8]) -> Option<Vec<IpAddr>> {
    let family = if is_v6 { Family::V6 } else { Family::V4 };
    let question = question(0x6b69, name, family)?;
    match answer(datagram, &question, family)? {
        Answer::Addresses(addresses) => Some(addresses),
        Answer::Refused(_) => None,
    }
}

/// Servers that a file names, and names to ask them for.
pub fn resolv_conf(text: &str, name: &str) -> (usize, Vec<String>) {
    let conf = ResolvConf::parse(text);
    (conf.servers.len(), conf.names(name))
}
