//! `discord`: a channel's webhook, <https://discord.com/developers/docs/resources/webhook>, whose
//! address is its secret. `content` may have 2000 characters, an embed's description 4096; nobody
//! is mentioned, whatever an alert says.

use serde_json::json;

use super::{Kind, Parcel};
use crate::notify::notice::Level;
use crate::notify::notice::{State, short};

pub(super) const KIND: Kind = Kind {
    name: "discord",
    needs: &["url_file"],
    takes: &["ca_file"],
    usual_url: "",
    write: |notice, _, access| {
        let colour = match (notice.state, notice.level) {
            (State::Fired | State::Digest, Level::Critical) => 0xd9_30_25,
            (State::Fired | State::Digest, Level::Warning | Level::Info) => 0xf2_99_00,
            (State::Resolved, _) => 0x1e_8e_3e,
            (State::Test, _) => 0x1a_73_e8,
        };
        let body = json!({
            "content": plain(&notice.subject()),
            "embeds": [{
                "description": short(&plain(&notice.text()), 4000),
                "color": colour,
                "timestamp": notice.at,
            }],
            "allowed_mentions": { "parse": [] },
        });
        Parcel::Post(super::json(access.address.prefix.clone(), &body))
    },
};

/// What would be a sign of Markdown is a sign.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\*_~`|<>#[]".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
