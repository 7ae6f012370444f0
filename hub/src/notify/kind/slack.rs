//! `slack`: an incoming webhook, whose address is its secret,
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>. Mattermost and
//! Rocket.Chat take the same. In its text `&`, `<` and `>` are escaped, and nobody is mentioned.

use serde_json::json;

use super::{Kind, Parcel};
use crate::notify::notice::State;

pub(super) const KIND: Kind = Kind {
    name: "slack",
    needs: &["url_file"],
    takes: &["ca_file"],
    usual_url: "",
    write: |notice, _, access| {
        let sign = match notice.state {
            State::Fired | State::Digest => ":warning: ",
            State::Resolved => ":white_check_mark: ",
            State::Test => "",
        };
        let (subject, text) = (escaped(&notice.subject()), escaped(&notice.text()));
        let body = json!({ "text": format!("{sign}*{subject}*\n{text}") });
        Parcel::Post(super::json(access.address.prefix.clone(), &body))
    },
};

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
