//! The patterns of `package.patterns`, as micromatch reads them with `dot: true`.
//!
//! A pattern becomes a regular expression over a path with `/`. What micromatch can say and a regular expression
//! without look-around cannot (`!(a|b)` inside of a pattern) is refused.

use regex::RegexSet;

use crate::problem::Problem;

/// The longest pattern: a longer one is generated and should be a folder.
const PATTERN_BYTES_MAX: usize = 4096;

/// The largest compiled set of patterns. Thousands of plain paths fit.
const SET_BYTES_MAX: usize = 64 << 20;

/// Patterns in order; of those that match a path, the last decides.
#[derive(Debug)]
pub(crate) struct Rules {
    set: RegexSet,
    /// Whether the pattern takes a path in.
    includes: Vec<bool>,
    patterns: Vec<String>,
}

impl Rules {
    /// Reads patterns; those that begin with `!` leave paths out.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Problem> {
        let mut expressions = Vec::with_capacity(patterns.len());
        let mut includes = Vec::with_capacity(patterns.len());
        let mut plain = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let (include, pattern) = match pattern.strip_prefix('!') {
                Some(rest) => (false, rest),
                None => (true, pattern.as_str()),
            };
            let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
            expressions.push(expression(pattern)?);
            includes.push(include);
            plain.push(pattern.to_owned());
        }
        let set = regex::RegexSetBuilder::new(&expressions)
            .size_limit(SET_BYTES_MAX)
            .build()
            .map_err(|error| Problem::new(format!("the package patterns cannot be used: {error}")))?;
        Ok(Self { set, includes, patterns: plain })
    }

    /// Whether a path belongs into the package. Without a matching pattern it does, unless it is above the project.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.set
            .matches(path)
            .iter()
            .next_back()
            .map_or(!path.starts_with("../"), |index| self.includes[index])
    }

    /// Whether nothing in a folder can belong into the package, so that it need not be read. `false` is always right.
    pub(crate) fn skips(&self, folder: &str) -> bool {
        for (index, pattern) in self.patterns.iter().enumerate().rev() {
            if self.includes[index] {
                let literal = literal_prefix(pattern);
                // A later pattern may bring something in this folder back.
                if folder.starts_with(literal.as_str()) || literal.starts_with(&format!("{folder}/")) {
                    return false;
                }
                continue;
            }
            let Some(base) = pattern.strip_suffix("/**") else { continue };
            if literal_prefix(base).len() != base.len() {
                continue;
            }
            if folder == base || folder.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')) {
                return true;
            }
        }
        false
    }
}

/// The part of a pattern before its first special character.
pub(crate) fn literal_prefix(pattern: &str) -> String {
    let end = pattern.find(['*', '?', '[', '{', '(', '!', '+', '@', '\\']).unwrap_or(pattern.len());
    pattern[..end].to_owned()
}

/// A pattern as a regular expression.
pub(crate) fn expression(pattern: &str) -> Result<String, Problem> {
    let wrong = |why: &str| Problem::new(format!("the package pattern \"{pattern}\" cannot be used: {why}"));
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(wrong(&format!("it has more than {PATTERN_BYTES_MAX} characters")));
    }
    let mut translation = Translation {
        characters: pattern.chars().collect(),
        index: 0,
        open: Vec::new(),
        text: String::from("^"),
    };
    while translation.index < translation.characters.len() {
        translation.step().map_err(wrong)?;
    }
    if !translation.open.is_empty() {
        return Err(wrong("a bracket is not closed"));
    }
    Ok(translation.text + "$")
}

/// A pattern on its way to a regular expression.
struct Translation {
    characters: Vec<char>,
    index: usize,
    /// What is open at each level: braces, a group, or an extended group by the sign of its repetition.
    open: Vec<char>,
    text: String,
}

impl Translation {
    /// Translates the next character, and what belongs to it.
    fn step(&mut self) -> Result<(), &'static str> {
        let character = self.characters[self.index];
        let next = self.characters.get(self.index + 1).copied();
        match character {
            '!' if next == Some('(') => {
                return Err("\"!(...)\" inside of a pattern is not supported, use a second pattern");
            }
            '*' | '+' | '@' | '?' if next == Some('(') => {
                self.begin(if character == '@' { '(' } else { character });
                self.index += 1;
            }
            // `a/**` is `a` as well.
            '/' if matches!(self.characters[self.index..], ['/', '*', '*']) => {
                self.text.push_str("(?:/.*)?");
                self.index += 2;
            }
            '*' if next == Some('*') => self.index = globstar(&self.characters, self.index, &mut self.text),
            '*' => self.text.push_str("[^/]*"),
            '?' => self.text.push_str("[^/]"),
            '[' => self.take_or_escape(class(&self.characters, self.index)),
            '{' => match range(&self.characters, self.index) {
                None if self.characters[self.index..].contains(&'}') => self.begin('{'),
                found => self.take_or_escape(found),
            },
            '(' => self.begin('('),
            ',' if self.open.last() == Some(&'{') => self.text.push('|'),
            '|' if self.open.last().is_some_and(|kind| *kind != '{') => self.text.push('|'),
            '}' if self.open.last() == Some(&'{') => self.end(),
            ')' if self.open.last().is_some_and(|kind| *kind != '{') => self.end(),
            '\\' if next.is_some() => {
                self.index += 1;
                self.escape();
            }
            _ => self.escape(),
        }
        self.index += 1;
        Ok(())
    }

    fn begin(&mut self, kind: char) {
        self.text.push_str("(?:");
        self.open.push(kind);
    }

    fn end(&mut self) {
        self.text.push(')');
        if let Some(repeat @ ('*' | '+' | '?')) = self.open.pop() {
            self.text.push(repeat);
        }
    }

    /// The character itself.
    fn escape(&mut self) {
        self.text.push_str(&regex::escape(&self.characters[self.index].to_string()));
    }

    /// An expression that ends at an index, or the character itself.
    fn take_or_escape(&mut self, found: Option<(String, usize)>) {
        match found {
            Some((text, end)) => {
                self.text.push_str(&text);
                self.index = end;
            }
            None => self.escape(),
        }
    }
}

/// `**` as a whole part of the path crosses folders; elsewhere it is like `*`. Returns the index of its last character.
fn globstar(characters: &[char], start: usize, expression: &mut String) -> usize {
    let mut end = start;
    while characters.get(end + 1) == Some(&'*') {
        end += 1;
    }
    let at_start = start == 0 || matches!(characters[start - 1], '/' | '{' | ',' | '(' | '|');
    match characters.get(end + 1) {
        Some('/') if at_start => {
            expression.push_str("(?:.*/)?");
            end + 1
        }
        None | Some('}' | ',' | ')' | '|') if at_start => {
            expression.push_str(".*");
            end
        }
        _ => {
            expression.push_str("[^/]*");
            end
        }
    }
}

/// `[abc]`, `[^a-z]`: the expression and the index of the closing bracket.
fn class(characters: &[char], start: usize) -> Option<(String, usize)> {
    let mut index = start + 1;
    let mut text = String::from("[");
    // micromatch turns a class around with `^` alone; `!` in it is a character like others.
    if characters.get(index) == Some(&'^') {
        text.push_str("^/");
        index += 1;
    }
    let first = index;
    loop {
        match characters.get(index)? {
            ']' if index > first => break,
            '-' => text.push('-'),
            other => text.push_str(&regex::escape(&other.to_string())),
        }
        index += 1;
    }
    text.push(']');
    Some((text, index))
}

/// `{1..3}`: the expression and the index of the closing brace.
fn range(characters: &[char], start: usize) -> Option<(String, usize)> {
    /// More numbers than this are no list that a person wrote.
    const NUMBERS_MAX: i64 = 1000;
    let length = characters[start..].iter().position(|character| *character == '}')?;
    let inner: String = characters[start + 1..start + length].iter().collect();
    let (from, to) = inner.split_once("..")?;
    let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
    let (low, high) = (from.min(to), from.max(to));
    if high.checked_sub(low)? > NUMBERS_MAX {
        return None;
    }
    let numbers: Vec<String> = (low..=high).map(|number| number.to_string()).collect();
    Some((format!("(?:{})", numbers.join("|")), start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let rules = Rules::new(&[format!("!{pattern}")]).unwrap();
        for path in matching {
            assert!(!rules.takes(path), "{pattern} should match {path}: {}", expression(pattern).unwrap());
        }
        for path in others {
            assert!(rules.takes(path), "{pattern} should not match {path}: {}", expression(pattern).unwrap());
        }
    }

    // Each line was compared with micromatch 4 and `dot: true`.
    #[test]
    fn patterns_match_as_micromatch_does() {
        check(
            "node_modules/**",
            &["node_modules/a", "node_modules/.bin/x", "node_modules"],
            &["a/node_modules/b"],
        );
        check("**/*.ts", &["a.ts", "a/b/c.ts", ".d/e.ts"], &["a.tsx", "ts"]);
        check("./src/*.js", &["src/a.js"], &["src/a/b.js", "a/src/b.js"]);
        check("**", &["a", "a/b", ".env"], &[]);
        check("*.md", &["a.md", ".a.md"], &["a/b.md"]);
        check("src/{a,b}/**", &["src/a/x", "src/b/y/z"], &["src/c/x"]);
        check("{.git,test}/**", &[".git/x", "test/y"], &["x"]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["az", "a/b"]);
        check("file[0-9].txt", &["file1.txt"], &["filea.txt"]);
        check("file[^0-9].txt", &["filea.txt"], &["file1.txt"]);
        check("file[!0-9].txt", &["file1.txt", "file!.txt"], &["filea.txt"]);
        check("v{1..3}.js", &["v2.js"], &["v4.js"]);
        check("@(a|b).js", &["a.js", "b.js"], &["c.js", "ab.js"]);
        check("+(a|b).js", &["ab.js"], &["c.js", ".js"]);
        check("a?(b).js", &["a.js", "ab.js"], &["abb.js"]);
        check("src**", &["srcx", "src"], &["src/a"]);
        check("yarn-*.log", &["yarn-error.log"], &["yarn.log"]);
        check(".env*", &[".env", ".env.local"], &["a/.env"]);
        check("a(b|c)", &["ab", "ac"], &["a"]);
        check("package.json", &["package.json"], &["packageXjson", "a/package.json"]);
    }

    #[test]
    fn the_last_matching_pattern_decides() {
        let rules = Rules::new(&["!**".to_owned(), "src/**".to_owned(), "!src/test/**".to_owned()]).unwrap();
        assert!(rules.takes("src/a.js") && !rules.takes("src/test/a.js") && !rules.takes("b.js"));
        assert!(Rules::new(&[]).unwrap().takes("anything"));
    }

    #[test]
    fn folders_are_skipped_only_when_nothing_in_them_can_return() {
        let skips = |patterns: &[&str], folder: &str| {
            Rules::new(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>())
                .unwrap()
                .skips(folder)
        };
        assert!(skips(&["!node_modules/**"], "node_modules"));
        assert!(skips(&["!node_modules/**"], "node_modules/a"));
        assert!(skips(&["!node_modules/**", "src/**"], "node_modules"));
        assert!(!skips(&["!node_modules/**", "node_modules/a/**"], "node_modules"));
        assert!(!skips(&["!node_modules/**", "node_modules/a/**"], "node_modules/a/b"));
        assert!(skips(&["!node_modules/**", "node_modules/a/**"], "node_modules/b"));
        assert!(!skips(&["!node_modules/**", "**/*.js"], "node_modules"));
        assert!(!skips(&["!a/*"], "a"));
        assert!(!skips(&["!**/x/**"], "x"));
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        assert!(expression("a/!(b)/c").unwrap_err().message.contains("use a second pattern"));
        assert!(expression("a/{b").is_ok());
        assert!(expression("a/@(b").unwrap_err().message.contains("not closed"));
        assert!(expression(&"a".repeat(5000)).is_err());
    }
}
