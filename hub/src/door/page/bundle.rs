//! The page's modules in one script and its style sheets in one: a browser that asked for each
//! would wait for the hub as often as six at a time make it.
//!
//! Every module is a block, so what it keeps to itself stays there; what it exports is a variable
//! of all, so no two export the same name. The blocks stand in the order in which a browser would
//! run the modules. Of `export` there are `function`, `async function`, `const` and `let` at the
//! beginning of a line, and a function ends with a line `}`; of `import` there are lists of names.

use std::fmt::Write;

/// A module in parts.
#[derive(Debug, Default, PartialEq)]
struct Module<'a> {
    /// The files that it imports from, in order.
    imports: Vec<&'a str>,
    /// The names that it exports.
    exports: Vec<&'a str>,
    /// Functions that it exports: they are there before anything of it runs.
    functions: String,
    /// All else.
    rest: String,
}

/// One script of a module and all that it imports; `find` knows the text of each by its name.
pub(super) fn script<'a>(first: &'a str, find: &impl Fn(&str) -> Option<&'a str>) -> String {
    let mut modules = Vec::new();
    collect(first, find, &mut Vec::new(), &mut modules);
    let exports: Vec<_> = modules.iter().flat_map(|(_, module)| module.exports.clone()).collect();
    let mut script = format!("let {};\n", exports.join(", "));
    for (name, Module { functions, rest, .. }) in &modules {
        // A String takes everything.
        let _ = write!(script, "{{ // {name}\n{functions}{rest}}}\n");
    }
    script
}

/// Puts what a module imports before it.
fn collect<'a>(
    name: &'a str,
    find: &impl Fn(&str) -> Option<&'a str>,
    seen: &mut Vec<&'a str>,
    modules: &mut Vec<(&'a str, Module<'a>)>,
) {
    let Some(text) = find(name).filter(|_| !seen.contains(&name)) else { return };
    seen.push(name);
    let module = read(text);
    for import in &module.imports {
        collect(import, find, seen, modules);
    }
    modules.push((name, module));
}

fn read(text: &str) -> Module<'_> {
    let mut module = Module::default();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("import ") {
            let end = std::iter::once(line).chain(&mut lines).find(|line| line.ends_with(';'));
            let name = end.and_then(|line| line.split_once("'./")?.1.split('\'').next());
            module.imports.extend(name);
            continue;
        }
        let Some((declaration, name)) = exported(line) else {
            module.rest += line;
            module.rest.push('\n');
            continue;
        };
        module.exports.push(name);
        if !declaration.contains("function ") {
            module.rest += declaration;
            module.rest.push('\n');
            continue;
        }
        let _ = writeln!(module.functions, "{name} = {declaration}");
        if !line.ends_with('}') {
            let body = (&mut lines).map_while(|line| (line != "}").then_some(line));
            body.for_each(|line| module.functions.extend([line, "\n"]));
            module.functions.push('}');
        }
        module.functions += ";\n";
    }
    module
}

/// What a line exports, without the word and that of a variable, and its name.
fn exported(line: &str) -> Option<(&str, &str)> {
    let declared = line.strip_prefix("export ")?;
    let variable = declared.strip_prefix("const ").or_else(|| declared.strip_prefix("let "));
    let function = declared.strip_prefix("async ").unwrap_or(declared).strip_prefix("function ");
    let name = variable.or(function)?;
    let is_letter = |letter: char| letter.is_alphanumeric() || "_$".contains(letter);
    let name = name.split(|letter| !is_letter(letter)).next()?;
    (!name.is_empty()).then_some((variable.unwrap_or(declared), name))
}

/// The names of the style sheets that a page links to, and the page with a link to this one.
pub(super) fn with_one_sheet<'a>(html: &'a str, sheet: &str) -> (Vec<&'a str>, String) {
    const BEGIN: &str = "<link rel=\"stylesheet\" href=\"";
    let name = |line: &'a str| line.strip_prefix(BEGIN)?.split('"').next();
    let names: Vec<_> = html.lines().filter_map(name).collect();
    let mut page = String::with_capacity(html.len());
    for line in html.lines() {
        match name(line) {
            Some(first) if names.first() == Some(&first) => {
                let _ = writeln!(page, "{BEGIN}{sheet}\">");
            }
            Some(_) => {}
            None => page.extend([line, "\n"]),
        }
    }
    (names, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "// A.\n\nimport { b, twice } from './b.js';\n\
                     import {\n  c,\n} from './c.js';\n\n\
                     const own = 1;\nexport const a = twice(b);\n\
                     export function one() { return own; }\n";
    const B: &str = "import { one } from './a.js';\nexport let b = 2;\nconst own = 3;\n\
                     export async function twice(n) {\n  if (n) {\n  }\n}\nlater(one);\n";

    #[test]
    fn modules_are_blocks_in_the_order_in_which_they_run() {
        let find = |name: &str| match name {
            "a.js" => Some(A),
            "b.js" => Some(B),
            "c.js" => Some("export const c = [\n  4,\n];\n"),
            _ => None,
        };
        let due = "let b, twice, c, a, one;\n\
                   { // b.js\ntwice = async function twice(n) {\n  if (n) {\n  }\n};\n\
                   b = 2;\nconst own = 3;\nlater(one);\n}\n\
                   { // c.js\nc = [\n  4,\n];\n}\n\
                   { // a.js\none = function one() { return own; }\n;\n\
                   // A.\n\n\nconst own = 1;\na = twice(b);\n}\n";
        assert_eq!(script("a.js", &find), due);
    }

    #[test]
    fn a_page_has_one_sheet_where_its_first_was() {
        let link = |name: &str| format!("<link rel=\"stylesheet\" href=\"{name}\">\n");
        let html = format!("<head>\n{}{}<p>\n", link("a.css"), link("b.css"));
        let due = format!("<head>\n{}<p>\n", link("all.css"));
        assert_eq!(with_one_sheet(&html, "all.css"), (vec!["a.css", "b.css"], due));
    }
}
