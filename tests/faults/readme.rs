//! The table in README.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::measure::Row;

const HEADER: &str =
    "| fault | lasted | noticed after | back after | samples missing |\n|---|---|---|---|---|\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// README before the rows, the rows, and what follows.
fn parts() -> (String, String, String) {
    let text = std::fs::read_to_string(path()).unwrap();
    let (before, rest) = text.split_once(HEADER).expect("README has the table of faults");
    let end = rest.find("\n\n").expect("there is text below it") + 1;
    (format!("{before}{HEADER}"), rest[..end].to_owned(), rest[end..].to_owned())
}

/// The faults that README tells of, in its order.
pub fn names() -> Vec<String> {
    let (_, rows, _) = parts();
    let name = |row: &str| row.split('|').nth(1).unwrap_or_default().trim().to_owned();
    rows.lines().map(name).map(|name| name.split(':').next().unwrap().to_owned()).collect()
}

/// The rows of the table.
pub fn lines(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { fault, lasted, noticed, back, missing, .. } in rows {
        let lasted = lasted.map_or_else(|| "once".to_owned(), seconds);
        let noticed = noticed.map_or_else(|| "its link held".to_owned(), seconds);
        let (name, what, back) = (fault.name, fault.what, seconds(*back));
        let _ = writeln!(text, "| {name}: {what} | {lasted} | {noticed} | {back} | {missing} |");
    }
    text
}

/// Writes what was measured.
pub fn write(rows: &[Row]) {
    let (before, _, after) = parts();
    let new = path().with_extension("md.new");
    std::fs::write(&new, format!("{before}{}{after}", lines(rows))).unwrap();
    std::fs::rename(new, path()).unwrap();
}

fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{:.0} s", duration.as_secs_f64())
    }
}
