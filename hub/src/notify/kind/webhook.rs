//! `webhook`: a POST of whatever its owner wrote, or of all there is as JSON.

use super::{Kind, Parcel, Post, authorization};
use crate::notify::template::whole;

pub(super) const KIND: Kind = Kind {
    name: "webhook",
    needs: &[],
    takes: &[
        "url",
        "url_file",
        "token_file",
        "user",
        "password_file",
        "ca_file",
        "template",
        "content_type",
    ],
    usual_url: "",
    write: |notice, settings, access| {
        let (kind, body) = match &settings.template {
            Some(template) => (template.content_type.clone(), template.fill(notice)),
            None => ("application/json".to_owned(), whole(notice)),
        };
        let mut headers = vec![("content-type", kind)];
        headers.extend(authorization(settings.user.as_deref(), &access.secret));
        Parcel::Post(Post { path: access.address.prefix.clone(), headers, body })
    },
};
