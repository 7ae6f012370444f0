//! The page: its files, built in, and the headers that keep them to themselves.

mod bundle;
mod pictures;

use std::borrow::Cow;
use std::future::ready;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::get;

use self::pictures::PICTURES;
use super::Routes;
use crate::hub::Hub;
use crate::server::packed::Packed;
use crate::sink::Sinks;

/// Nothing from elsewhere, nothing inline, no frame around it: an agent's text that got into the
/// page as markup would still find nothing to run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const MANIFEST: &str = "application/manifest+json";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// Every file of the page: its path, its content type, itself. Nothing else is served, so no path
/// a viewer thinks of leads to the disk.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../../page/index.html")),
    ("/style.css", CSS, include_str!("../../page/style.css")),
    ("/cards.css", CSS, include_str!("../../page/cards.css")),
    ("/colours.css", CSS, include_str!("../../page/colours.css")),
    ("/table.css", CSS, include_str!("../../page/table.css")),
    ("/wall.css", CSS, include_str!("../../page/wall.css")),
    ("/icon-full.svg", SVG, include_str!("../../page/icon-full.svg")),
    ("/manifest.webmanifest", MANIFEST, include_str!("../../page/manifest.webmanifest")),
    ("/detail.css", CSS, include_str!("../../page/detail.css")),
    ("/icon.svg", SVG, include_str!("../../page/icon.svg")),
    ("/aloud.js", JS, include_str!("../../page/aloud.js")),
    ("/app.js", JS, include_str!("../../page/app.js")),
    ("/account.css", CSS, include_str!("../../page/account.css")),
    ("/account-dialog.js", JS, include_str!("../../page/account-dialog.js")),
    ("/account-links.js", JS, include_str!("../../page/account-links.js")),
    ("/account-password.js", JS, include_str!("../../page/account-password.js")),
    ("/account-people.js", JS, include_str!("../../page/account-people.js")),
    ("/account-sessions.js", JS, include_str!("../../page/account-sessions.js")),
    ("/account-visit.js", JS, include_str!("../../page/account-visit.js")),
    ("/account.js", JS, include_str!("../../page/account.js")),
    ("/add-host.css", CSS, include_str!("../../page/add-host.css")),
    ("/add-host.js", JS, include_str!("../../page/add-host.js")),
    ("/alerts.css", CSS, include_str!("../../page/alerts.css")),
    ("/alerts.js", JS, include_str!("../../page/alerts.js")),
    ("/attention.js", JS, include_str!("../../page/attention.js")),
    ("/canvas.js", JS, include_str!("../../page/canvas.js")),
    ("/card.js", JS, include_str!("../../page/card.js")),
    ("/cards.js", JS, include_str!("../../page/cards.js")),
    ("/charts.js", JS, include_str!("../../page/charts.js")),
    ("/controls.js", JS, include_str!("../../page/controls.js")),
    ("/copy.js", JS, include_str!("../../page/copy.js")),
    ("/detail.js", JS, include_str!("../../page/detail.js")),
    ("/dialog.js", JS, include_str!("../../page/dialog.js")),
    ("/edit-host.js", JS, include_str!("../../page/edit-host.js")),
    ("/element.js", JS, include_str!("../../page/element.js")),
    ("/facts.js", JS, include_str!("../../page/facts.js")),
    ("/figures.js", JS, include_str!("../../page/figures.js")),
    ("/form.js", JS, include_str!("../../page/form.js")),
    ("/gather.js", JS, include_str!("../../page/gather.js")),
    ("/gesture.js", JS, include_str!("../../page/gesture.js")),
    ("/health.js", JS, include_str!("../../page/health.js")),
    ("/language.js", JS, include_str!("../../page/language.js")),
    ("/line.js", JS, include_str!("../../page/line.js")),
    ("/lit.js", JS, include_str!("../../page/lit.js")),
    ("/live.js", JS, include_str!("../../page/live.js")),
    ("/messages.js", JS, include_str!("../../page/messages.js")),
    ("/middle.js", JS, include_str!("../../page/middle.js")),
    ("/notices.js", JS, include_str!("../../page/notices.js")),
    ("/order.js", JS, include_str!("../../page/order.js")),
    ("/past.js", JS, include_str!("../../page/past.js")),
    ("/plot.js", JS, include_str!("../../page/plot.js")),
    ("/recent.js", JS, include_str!("../../page/recent.js")),
    ("/receivers.js", JS, include_str!("../../page/receivers.js")),
    ("/row.js", JS, include_str!("../../page/row.js")),
    ("/rows.js", JS, include_str!("../../page/rows.js")),
    ("/rules.css", CSS, include_str!("../../page/rules.css")),
    ("/rules.js", JS, include_str!("../../page/rules.js")),
    ("/screen.js", JS, include_str!("../../page/screen.js")),
    ("/series.js", JS, include_str!("../../page/series.js")),
    ("/setup.js", JS, include_str!("../../page/setup.js")),
    ("/sign-in.js", JS, include_str!("../../page/sign-in.js")),
    ("/span.js", JS, include_str!("../../page/span.js")),
    ("/spark.js", JS, include_str!("../../page/spark.js")),
    ("/still.js", JS, include_str!("../../page/still.js")),
    ("/strip.js", JS, include_str!("../../page/strip.js")),
    ("/table.js", JS, include_str!("../../page/table.js")),
    ("/theme.js", JS, include_str!("../../page/theme.js")),
    ("/ticks.js", JS, include_str!("../../page/ticks.js")),
    ("/timeline.js", JS, include_str!("../../page/timeline.js")),
    ("/title.js", JS, include_str!("../../page/title.js")),
    ("/tools.js", JS, include_str!("../../page/tools.js")),
    ("/units.js", JS, include_str!("../../page/units.js")),
    ("/view.js", JS, include_str!("../../page/view.js")),
    ("/wall.js", JS, include_str!("../../page/wall.js")),
    ("/watch.js", JS, include_str!("../../page/watch.js")),
    ("/words.js", JS, include_str!("../../page/words.js")),
    ("/words-ko-account.js", JS, include_str!("../../page/words-ko-account.js")),
    ("/words-ko.js", JS, include_str!("../../page/words-ko.js")),
    ("/words-zh-account.js", JS, include_str!("../../page/words-zh-account.js")),
    ("/words-zh.js", JS, include_str!("../../page/words-zh.js")),
    ("/uplot.js", JS, include_str!("../../page/uplot.js")),
    ("/uplot.css", CSS, include_str!("../../page/uplot.css")),
    ("/uplot-license.txt", TEXT, include_str!("../../page/uplot-license.txt")),
];

/// The icon with a number on it, of what wants attention; the last stands for more too.
const COUNTED: [(&str, char); 9] = [
    ("/icon-1.svg", '1'),
    ("/icon-2.svg", '2'),
    ("/icon-3.svg", '3'),
    ("/icon-4.svg", '4'),
    ("/icon-5.svg", '5'),
    ("/icon-6.svg", '6'),
    ("/icon-7.svg", '7'),
    ("/icon-8.svg", '8'),
    ("/icon-9.svg", '9'),
];

/// A route for each file, and for what stands for many of them.
pub(super) fn routes(_: &Arc<Hub>, _: &Sinks) -> Routes {
    let (index, sheet) = index();
    let setup = ("/setup", HTML, index.clone());
    let made = [("/", HTML, index), setup, ("/page.css", CSS, sheet), ("/page.js", JS, script())];
    let made = made.map(|(path, kind, text)| (path, kind, Cow::Owned(text)));
    let files = FILES.iter().filter(|(path, ..)| *path != "/");
    let files = files.map(|&(path, kind, text)| (path, kind, Cow::Borrowed(text)));
    let counted = COUNTED.map(|(path, digit)| (path, SVG, Cow::Owned(icon(digit))));
    let texts = made.into_iter().chain(files).chain(counted);
    let texts = texts.map(|(path, kind, text)| (path, Packed::new(kind, text)));
    let picture = |bytes| Packed::from_bytes("image/png", Bytes::from_static(bytes));
    let pictures = PICTURES.iter().map(|&(path, bytes)| (path, picture(bytes)));
    let route = |(path, file)| {
        let file = Arc::new(file);
        (path, get(move |headers: HeaderMap| ready(answer(&file, &headers))))
    };
    texts.chain(pictures).map(route).collect()
}

/// The text of a file by its name.
fn find(name: &str) -> Option<&'static str> {
    let file = FILES.iter().find(|(path, ..)| path.strip_prefix('/') == Some(name));
    file.map(|(_, _, text)| *text)
}

/// The page with one script and one style sheet, and that.
fn index() -> (String, String) {
    let (names, html) = bundle::with_one_sheet(find("").unwrap_or_default(), "page.css");
    let sheets = names.into_iter().filter_map(find);
    (html.replace("src=\"app.js\"", "src=\"page.js\""), sheets.collect())
}

/// All modules in one.
fn script() -> String {
    bundle::script("app.js", &find)
}

fn icon(digit: char) -> String {
    let badge = format!(
        "<circle cx=\"22.5\" cy=\"22.5\" r=\"9.5\" fill=\"#c4422f\"/><text x=\"22.5\" y=\"28\" \
         font-family=\"sans-serif\" font-size=\"15\" font-weight=\"700\" fill=\"#fff\" \
         text-anchor=\"middle\">{digit}</text></svg>"
    );
    include_str!("../../page/icon.svg").replace("</svg>", &badge)
}

fn answer(file: &Packed, headers: &HeaderMap) -> Response {
    let mut response = file.answer(headers);
    for (name, value) in [("content-security-policy", POLICY), ("referrer-policy", "no-referrer")] {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FILES, PICTURES, index, script};

    /// Languages come when they are asked for, and the others are no modules.
    fn is_apart(path: &str) -> bool {
        path.starts_with("/words-") || ["/theme.js", "/uplot.js"].contains(&path)
    }

    #[test]
    fn the_script_has_every_module_and_no_name_twice() {
        let script = script();
        for (path, ..) in FILES.iter().filter(|(path, ..)| path.ends_with(".js")) {
            let block = format!("{{ // {}\n", &path[1..]);
            assert_eq!(script.matches(&block).count(), usize::from(!is_apart(path)), "{path}");
        }
        for line in script.lines() {
            assert!(!line.starts_with("import ") && !line.starts_with("export "), "{line}");
        }
        let names = script.lines().next().unwrap().strip_prefix("let ").unwrap();
        let names: Vec<_> = names.trim_end_matches(';').split(", ").collect();
        let twice = names.iter().filter(|name| names.iter().filter(|n| n == name).count() > 1);
        assert_eq!(twice.collect::<BTreeSet<_>>(), BTreeSet::new(), "exported by two modules");
        // Another name for what is imported would be nobody's in a block.
        let renamed = |text: &str| {
            let lists = text.split("import {").skip(1).filter_map(|rest| rest.split('}').next());
            lists.map(str::to_owned).any(|list| list.contains(" as "))
        };
        assert!(FILES.iter().all(|(path, _, text)| !path.ends_with(".js") || !renamed(text)));
    }

    #[test]
    fn the_page_links_to_one_sheet_and_one_script() {
        let (html, sheet) = index();
        assert_eq!(html.matches("stylesheet").count(), 1);
        assert!(html.contains("src=\"page.js\"") && !html.contains("app.js"));
        for (path, _, text) in FILES.iter().filter(|(path, ..)| path.ends_with(".css")) {
            assert!(sheet.contains(text), "{path}");
        }
    }

    #[test]
    fn every_file_of_the_page_is_served_as_it_is() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
        let there: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let name = |path: &str| match path {
            "/" => "index.html".to_owned(),
            path => path[1..].to_owned(),
        };
        let texts = FILES.iter().map(|(path, _, _)| name(path));
        let served: BTreeSet<_> =
            texts.chain(PICTURES.iter().map(|(path, _)| name(path))).collect();
        assert_eq!(served, there);
        for (path, _, text) in FILES {
            let disk = std::fs::read_to_string(format!("{folder}/{}", name(path))).unwrap();
            assert_eq!(*text, disk, "{path}");
        }
    }
}
