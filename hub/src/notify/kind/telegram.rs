//! `telegram`: a bot writes to a chat, <https://core.telegram.org/bots/api#sendmessage>. Without a
//! `parse_mode` the text is shown as it is; it may have 4096 characters.

use serde_json::json;

use super::{Kind, Parcel};
use crate::notify::notice::State;

pub(super) const KIND: Kind = Kind {
    name: "telegram",
    needs: &["token_file", "chat"],
    takes: &["url", "ca_file"],
    usual_url: "https://api.telegram.org",
    write: |notice, settings, access| {
        let sign = match notice.state {
            State::Fired | State::Digest => "\u{26a0}\u{fe0f} ",
            State::Resolved => "\u{2705} ",
            State::Test => "",
        };
        let body = json!({
            "chat_id": settings.to,
            "text": format!("{sign}{}\n\n{}", notice.subject(), notice.text()),
            "disable_notification": notice.state == State::Resolved,
            "link_preview_options": { "is_disabled": true },
        });
        let token = access.secret.expose();
        let path = format!("{}/bot{token}/sendMessage", access.address.prefix);
        Parcel::Post(super::json(path, &body))
    },
};
