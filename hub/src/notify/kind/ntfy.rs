//! `ntfy`: published as JSON to the server's root, <https://docs.ntfy.sh/publish/#publish-as-json>,
//! with an access token or a user's password. Priorities are 1 to 5, of which 3 is the usual.

use serde_json::json;

use super::{Kind, Parcel, authorization};
use crate::notify::notice::Level;
use crate::notify::notice::State;

pub(super) const KIND: Kind = Kind {
    name: "ntfy",
    needs: &["topic"],
    takes: &["url", "token_file", "user", "password_file", "ca_file"],
    usual_url: "https://ntfy.sh",
    write: |notice, settings, access| {
        // Names of emoji, shown before the title.
        let (priority, tag) = match (notice.state, notice.level) {
            (State::Test, _) => (3, "bird"),
            (State::Resolved, _) => (3, "white_check_mark"),
            (State::Fired | State::Digest, Level::Critical) => (5, "rotating_light"),
            (State::Fired | State::Digest, Level::Warning | Level::Info) => (4, "warning"),
        };
        let body = json!({
            "topic": settings.to,
            "title": notice.subject(),
            "message": notice.text(),
            "priority": priority,
            "tags": [tag],
        });
        let mut post = super::json(format!("{}/", access.address.prefix), &body);
        post.headers.extend(authorization(settings.user.as_deref(), &access.secret));
        Parcel::Post(post)
    },
};
