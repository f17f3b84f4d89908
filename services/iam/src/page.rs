//! Lists in pages: `Marker`, `MaxItems`, `IsTruncated`.

use store::layer::table::Cursor;

use crate::error::Error;

/// How many items a page has when the request does not say.
const ITEMS_DEFAULT: usize = 100;
/// The most that a request can ask for, by IAM's model (`maxItemsType`).
const ITEMS_MAX: usize = 1_000;

/// Which page is asked for.
pub(crate) struct Paged {
    pub(crate) max: usize,
    marker: Option<String>,
}

/// A page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next one begins.
    pub(crate) marker: Option<String>,
}

impl Paged {
    pub(crate) fn new(marker: Option<String>, max_items: Option<i32>) -> Self {
        let max = max_items.and_then(|max| usize::try_from(max).ok()).unwrap_or(ITEMS_DEFAULT);
        Self { max: max.clamp(1, ITEMS_MAX), marker }
    }

    /// The place in a table.
    pub(crate) fn cursor(&self) -> Result<Option<Cursor>, Error> {
        match &self.marker {
            None => Ok(None),
            Some(marker) => Cursor::from_text(marker).map(Some).ok_or_else(invalid),
        }
    }

    /// The page of a list that is at hand.
    pub(crate) fn of<T>(&self, items: Vec<T>) -> Result<Page<T>, Error> {
        let start = match &self.marker {
            None => 0,
            Some(marker) => marker.parse().map_err(|_| invalid())?,
        };
        let end = items.len().min(start + self.max);
        let marker = (end < items.len()).then(|| end.to_string());
        Ok(Page { items: items.into_iter().take(end).skip(start).collect(), marker })
    }
}

impl<T> Page<T> {
    /// The same page of other things.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), marker: self.marker }
    }

    /// Whether there are more.
    pub(crate) fn is_truncated(&self) -> bool {
        self.marker.is_some()
    }
}

fn invalid() -> Error {
    Error::Validation("Invalid Marker.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let first = Paged::new(None, Some(2)).of(vec![1, 2, 3]).unwrap();
        assert_eq!((first.items, first.marker.as_deref()), (vec![1, 2], Some("2")));
        let second = Paged::new(Some("2".into()), Some(2)).of(vec![1, 2, 3]).unwrap();
        assert_eq!((second.items, second.marker), (vec![3], None));
        assert!(Paged::new(Some("x".into()), None).of(vec![1]).is_err());
        assert!(Paged::new(Some("9".into()), None).of(vec![1]).unwrap().items.is_empty());
    }
}
