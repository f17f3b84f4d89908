//! XML answers as a tree of names and texts; namespaces and attributes do not matter here.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Deepest nesting of an answer; real ones stay below ten.
const DEPTH_MAX: usize = 64;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// Its text, when it holds no elements.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

impl Element {
    /// The first element of this name in it.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first element of this name in it or in what it holds.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.child(name).or_else(|| self.children.iter().find_map(|child| child.find(name)))
    }

    /// The text of an element in it, empty when there is none.
    pub fn text_of(&self, name: &str) -> String {
        self.child(name).map(|child| child.text.clone()).unwrap_or_default()
    }

    /// The members of a list in it: the children of the element of this name, anywhere below.
    pub fn list(&self, name: &str) -> &[Element] {
        self.find(name).map_or(&[], |list| &list.children)
    }
}

/// Reads a document.
pub fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                if open.len() > DEPTH_MAX {
                    return Err(format!("nested deeper than {DEPTH_MAX}"));
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                last(&mut open)?.children.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let mut done = open.pop().ok_or("an element closes that was not opened")?;
                if !done.children.is_empty() {
                    done.text.clear();
                }
                last(&mut open)?.children.push(done);
            }
            Event::Text(text) => {
                last(&mut open)?.text.push_str(&text);
            }
            Event::CData(text) => {
                last(&mut open)?.text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let text = resolve(&reference)?;
                last(&mut open)?.text.push(text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut root = open.pop().ok_or("no element")?;
    match (open.is_empty(), root.children.len()) {
        (true, 1) => Ok(root.children.remove(0)),
        _ => Err("not one whole element".to_owned()),
    }
}

fn last(open: &mut [Element]) -> Result<&mut Element, String> {
    open.last_mut().ok_or_else(|| "text outside of elements".to_owned())
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character);
    }
    match reference.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("unknown name &{};", other)),
    }
}

/// Text as it may stand between tags.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_trees() {
        let text = br#"<?xml version="1.0"?><r xmlns="x"><a>1 &lt;&#x41;&amp;</a><l> <member>x</member><member/> </l></r>"#;
        let root = parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.text_of("a").as_str()), ("r", "1 <A&"));
        let texts: Vec<&str> = root.list("l").iter().map(|member| member.text.as_str()).collect();
        assert_eq!(texts, ["x", ""]);
        assert_eq!(escape("a<&>"), "a&lt;&amp;&gt;");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["", "text", "<a>", "<a></b>", "<a/><b/>", &"<a>".repeat(100), "<a>&foo;</a>"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
