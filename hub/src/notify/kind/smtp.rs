//! `smtp`: a letter in plain text, RFC 5322.

use super::{Kind, Parcel};
use crate::notify::letter;

pub(super) const KIND: Kind = Kind {
    name: "smtp",
    needs: &["url", "from", "to"],
    takes: &["user", "password_file", "ca_file", "tls"],
    usual_url: "",
    write: |notice, settings, _| {
        Parcel::Letter(
            settings.mail.as_ref().map(|mail| letter::write(notice, mail)).unwrap_or_default(),
        )
    },
};
