//! The house rules that a machine can check. STYLE.md says why each is there.

use std::path::Path;

use crate::layers;
use crate::source::{self, Source};

/// Lines of a file, without its tests.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;
/// Lines of a service's table of contents.
const LIB_LINES_MAX: usize = 220;

/// A text that must not stand in the code, and where it may.
struct Banned {
    text: &'static str,
    allowed: &'static [&'static str],
    why: &'static str,
}

const BANNED: &[Banned] = &[
    Banned {
        text: concat!("SystemTime", "::now"),
        allowed: &["crates/cloud/src/clock.rs", "apps/", "xtask/", "bench/"],
        why: "time comes from `cx.now()`",
    },
    Banned { text: concat!("Uuid", "::new_v4"), allowed: &[], why: "ids come from `cx.new_id()`" },
    Banned {
        text: concat!("rand", "::rng()"),
        allowed: &["crates/cloud/src/clock.rs"],
        why: "chance comes from `cx.chance()`",
    },
    Banned {
        text: concat!(".unw", "rap()"),
        allowed: &[],
        why: "say why it holds with `expect`, or return the error",
    },
    Banned { text: concat!("to", "do!("), allowed: &[], why: "nothing half-done" },
    Banned { text: concat!("unimplem", "ented!("), allowed: &[], why: "nothing half-done" },
    Banned {
        text: concat!("#[ign", "ore"),
        allowed: &[],
        why: "a test that cannot pass yet asserts today's behaviour",
    },
    Banned { text: concat!("dbg", "!("), allowed: &[], why: "debugging output" },
    Banned {
        text: concat!(".pre_", "exec("),
        allowed: &[],
        why: "it makes std fork the whole host, 240 ms at 4 GB; the jail's helper does such things",
    },
    Banned {
        text: concat!("libc::", "fork("),
        allowed: &["crates/jail/src/helper.rs"],
        why: "only the helper, which is small and has one thread, may fork",
    },
    Banned {
        text: concat!("unsafe", " {"),
        allowed: &["crates/jail/"],
        why: "only the jail talks to the kernel directly",
    },
];

/// All broken rules, one line each: `file:line: rule`.
pub(crate) fn violations(root: &Path) -> Vec<String> {
    let sources = source::all(root);
    let mut found = Vec::new();
    for source in &sources {
        check_header(source, &mut found);
        check_length(source, &mut found);
        if !source.is_test {
            check_functions(source, &mut found);
            check_banned(source, &mut found);
        }
    }
    found.extend(layers::violations(root));
    found
}

fn check_header(source: &Source, found: &mut Vec<String>) {
    let is_root = source.path.ends_with("/src/lib.rs") || source.path.ends_with("/src/main.rs");
    let documented =
        source.lines.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//!"));
    if !documented && !source.is_test {
        found.push(format!("{}:1: begins with `//!`: what it is", source.path));
    }
    if is_root && source.path.starts_with("services/") && source.lines.len() > LIB_LINES_MAX {
        found.push(format!("{}:1: a table of contents stays under {LIB_LINES_MAX} lines", source.path));
    }
}

fn check_length(source: &Source, found: &mut Vec<String>) {
    if !source.is_test && source.lines.len() > FILE_LINES_MAX {
        let lines = source.lines.len();
        found.push(format!(
            "{}:1: {lines} lines, the limit is {FILE_LINES_MAX}: split it by noun",
            source.path
        ));
    }
}

/// Functions as rustfmt leaves them: from the line with `fn` to the closing brace at the same indentation.
fn check_functions(source: &Source, found: &mut Vec<String>) {
    for (at, line) in source.lines.iter().enumerate() {
        if !is_function(line) {
            continue;
        }
        let indentation = line.len() - line.trim_start().len();
        let close = format!("{}}}", " ".repeat(indentation));
        let body = source.lines[at..].iter().position(|line| {
            *line == close
                || line.trim_end().ends_with(';')
                    && line.starts_with(&format!("{}fn", " ".repeat(indentation)))
        });
        if let Some(length) = body
            && length + 1 > FUNCTION_LINES_MAX
        {
            let lines = length + 1;
            found.push(format!(
                "{}:{}: a function of {lines} lines, the limit is {FUNCTION_LINES_MAX}",
                source.path,
                at + 1
            ));
        }
    }
}

fn is_function(line: &str) -> bool {
    let mut text = line.trim_start();
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "] {
        text = text.strip_prefix(word).unwrap_or(text);
    }
    text.starts_with("fn ") && line.trim_end().ends_with(['{', '(', ','])
}

fn check_banned(source: &Source, found: &mut Vec<String>) {
    for (at, line) in source.lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for banned in BANNED {
            let allowed = banned.allowed.iter().any(|prefix| source.path.starts_with(prefix));
            if code.contains(banned.text) && !allowed {
                found.push(format!("{}:{}: no `{}` here: {}", source.path, at + 1, banned.text, banned.why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source {
            path: "crates/x/src/y.rs".into(),
            lines: text.lines().map(str::to_owned).collect(),
            is_test: false,
        }
    }

    #[test]
    fn long_functions_are_found() {
        let body = "    let x = 1;\n".repeat(FUNCTION_LINES_MAX);
        let mut found = Vec::new();
        check_functions(&source(&format!("fn long() {{\n{body}}}\nfn short() {{\n}}\n")), &mut found);
        assert_eq!(found, ["crates/x/src/y.rs:1: a function of 72 lines, the limit is 70"]);
    }

    #[test]
    fn banned_texts_are_found_outside_of_comments() {
        let mut found = Vec::new();
        let text = format!("// {0}\nlet x = y{0};\n", concat!(".unw", "rap()"));
        check_banned(&source(&text), &mut found);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/x/src/y.rs:2: "));
    }
}
