//! The rules of the tree of resources: pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::keys::ResourceRow;

/// All resources of an API, by id.
pub(crate) type Tree = BTreeMap<String, ResourceRow>;

/// Whether a path part is a variable, greedy or not.
fn is_variable(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

fn is_greedy(part: &str) -> bool {
    part.starts_with('{') && part.ends_with("+}")
}

/// Checks the form of a path part. The text is AWS's.
fn check_part(part: &str) -> Result<(), Error> {
    let inner = match is_variable(part) {
        true => part[1..part.len() - 1].trim_end_matches('+'),
        false => part,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:@$!*',".contains(&byte);
    let fits_variable = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let good = !inner.is_empty()
        && match is_variable(part) {
            true => inner.bytes().all(fits_variable),
            false => inner.bytes().all(fits),
        };
    if good {
        return Ok(());
    }
    Err(Error::bad(
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the \
         beginning and the end.",
    ))
}

/// Checks that a resource may stand under `parent` with the name `part`; `itself` is left out of the comparison.
pub(crate) fn check_place(
    tree: &Tree,
    parent: &ResourceRow,
    part: &str,
    itself: Option<&str>,
) -> Result<(), Error> {
    check_part(part)?;
    if let Some(greedy) = parent.path_part.as_deref().filter(|part| is_greedy(part)) {
        return Err(Error::bad(format!(
            "Cannot create a child of a resource with a greedy path variable: {greedy}"
        )));
    }
    let siblings = tree.values().filter(|row| row.parent_id.as_deref() == Some(&parent.id));
    for sibling in siblings.filter(|row| Some(row.id.as_str()) != itself) {
        let name = sibling.path_part.as_deref().unwrap_or_default();
        if name == part {
            return Err(Error::conflict(format!(
                "Another resource with the same parent already has this name: {part}"
            )));
        }
        if is_variable(name) && is_variable(part) {
            return Err(Error::bad(format!(
                "A sibling ({name}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    Ok(())
}

/// The path of a resource called `part` under `parent`.
pub(crate) fn path_under(parent: &ResourceRow, part: &str) -> String {
    format!("{}/{part}", parent.path.trim_end_matches('/'))
}

/// The ids of a resource and of everything under it.
pub(crate) fn branch(tree: &Tree, id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([id.to_owned()]);
    loop {
        let under =
            tree.values().filter(|row| row.parent_id.as_ref().is_some_and(|parent| found.contains(parent)));
        let new: Vec<_> = under.filter(|row| !found.contains(&row.id)).map(|row| row.id.clone()).collect();
        if new.is_empty() {
            return found;
        }
        found.extend(new);
    }
}

/// Moves or renames a resource; gives the rows that change with it.
pub(crate) fn relocate(
    tree: &mut Tree,
    id: &str,
    parent_id: &str,
    part: &str,
) -> Result<Vec<ResourceRow>, Error> {
    let branch = branch(tree, id);
    if branch.contains(parent_id) {
        return Err(Error::bad("Resources cannot be cyclical."));
    }
    let parent = tree.get(parent_id).cloned().ok_or_else(Error::no_resource)?;
    check_place(tree, &parent, part, Some(id))?;
    let row = tree.get_mut(id).ok_or_else(Error::no_resource)?;
    let old_path = row.path.clone();
    row.parent_id = Some(parent_id.to_owned());
    row.path_part = Some(part.to_owned());
    row.path = path_under(&parent, part);
    let new_path = row.path.clone();
    let mut changed = Vec::new();
    for id in branch {
        let row = tree.get_mut(&id).ok_or_else(Error::no_resource)?;
        if let Some(rest) = row.path.strip_prefix(&format!("{old_path}/")) {
            row.path = format!("{new_path}/{rest}");
        }
        changed.push(row.clone());
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of resources given as `id parent part`.
    fn tree(rows: &[(&str, &str, &str)]) -> Tree {
        let row = |id: &str, parent: Option<&str>, part: Option<&str>, path: String| ResourceRow {
            api_id: "a".to_owned(),
            id: id.to_owned(),
            parent_id: parent.map(str::to_owned),
            path_part: part.map(str::to_owned),
            path,
            methods: BTreeMap::new(),
        };
        let mut tree = Tree::from([("root".to_owned(), row("root", None, None, "/".to_owned()))]);
        for (id, parent, part) in rows {
            let path = path_under(&tree[*parent], part);
            tree.insert((*id).to_owned(), row(id, Some(parent), Some(part), path));
        }
        tree
    }

    fn refused(answer: Result<(), Error>, expected: &str) {
        match answer {
            Err(Error::BadRequest(message) | Error::Conflict(message)) => assert_eq!(message, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn places_that_are_taken() {
        // Texts recorded in LocalStack's test_create_proxy_resource_validation and test_update_resource_behaviour.
        let tree = tree(&[("p", "root", "{proxy+}"), ("pets", "root", "pets")]);
        let place = |parent: &str, part: &str| check_place(&tree, &tree[parent], part, None);
        refused(
            place("root", "{dynamic}"),
            "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
        );
        refused(
            place("p", "child"),
            "Cannot create a child of a resource with a greedy path variable: {proxy+}",
        );
        refused(place("root", "pets"), "Another resource with the same parent already has this name: pets");
        for part in ["", "a/b", "{}", "{a b}", "a{b}", "é"] {
            assert!(place("pets", part).is_err(), "{part}");
        }
        assert!(place("pets", "{id}").is_ok());
    }

    #[test]
    fn branches_move_as_a_whole() {
        let mut tree = tree(&[("a", "root", "a"), ("b", "a", "b"), ("c", "b", "{c}"), ("d", "root", "d")]);
        assert!(
            matches!(relocate(&mut tree, "a", "c", "a"), Err(Error::BadRequest(text)) if text == "Resources cannot be cyclical.")
        );
        let changed = relocate(&mut tree, "a", "d", "z").expect("moved");
        let paths: Vec<_> = changed.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["/d/z", "/d/z/b", "/d/z/b/{c}"]);
    }
}
