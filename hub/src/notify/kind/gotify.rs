//! `gotify`: a message of an application, whose token goes into a header,
//! <https://gotify.net/docs/pushmsg>. Phones ring from priority 4 on, and pop up from 8 on.

use serde_json::json;

use super::{Kind, Parcel};
use crate::notify::notice::Level;
use crate::notify::notice::State;

pub(super) const KIND: Kind = Kind {
    name: "gotify",
    needs: &["url", "token_file"],
    takes: &["ca_file"],
    usual_url: "",
    write: |notice, _, access| {
        let priority = match (notice.state, notice.level) {
            (State::Fired | State::Digest, Level::Critical) => 8,
            (State::Fired | State::Digest, Level::Warning | Level::Info) | (State::Test, _) => 5,
            (State::Resolved, _) => 4,
        };
        let body = json!({
            "title": notice.subject(),
            "message": notice.text(),
            "priority": priority,
            "extras": { "client::display": { "contentType": "text/plain" } },
        });
        let mut post = super::json(format!("{}/message", access.address.prefix), &body);
        post.headers.push(("x-gotify-key", access.secret.expose().to_owned()));
        Parcel::Post(post)
    },
};
