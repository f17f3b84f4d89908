//! Lists in pages: `Marker`, `MaxItems`, `IsTruncated`.

use cloud::prelude::*;
use store::layer::table::Cursor;

use crate::error::Error;

/// How many items a page has when the request does not say.
const ITEMS_DEFAULT: usize = 100;

/// Which page is asked for.
#[derive(Shape)]
pub(crate) struct Paged {
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

/// A page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) more: More,
}

/// What stands behind a page.
#[derive(Debug, PartialEq, Eq, Shape)]
pub(crate) struct More {
    is_truncated: bool,
    /// Where the next one begins.
    marker: Option<String>,
}

impl More {
    /// What begins at `marker`.
    pub(crate) fn at(marker: Option<String>) -> Self {
        Self { is_truncated: marker.is_some(), marker }
    }
}

impl Paged {
    /// How many items it has at the most; the schema has checked what is given.
    pub(crate) fn max(&self) -> usize {
        self.max_items.and_then(|max| usize::try_from(max).ok()).unwrap_or(ITEMS_DEFAULT)
    }

    /// The place in a table.
    pub(crate) fn cursor(&self) -> Result<Option<Cursor>, Error> {
        Cursor::of_token(self.marker.as_deref(), invalid)
    }

    /// The page of a list that is at hand.
    pub(crate) fn of<T>(&self, items: Vec<T>) -> Result<Page<T>, Error> {
        let Page { items: places, more } = self.of_count(items.len())?;
        let start = places.first().copied().unwrap_or(items.len());
        Ok(Page { items: items.into_iter().skip(start).take(places.len()).collect(), more })
    }

    /// The places on the page of a list with so many items.
    pub(crate) fn of_count(&self, count: usize) -> Result<Page<usize>, Error> {
        let start: usize = match &self.marker {
            None => 0,
            Some(marker) => marker.parse().map_err(|_| invalid())?,
        };
        let end = count.min(start.saturating_add(self.max()));
        let more = More::at((end < count).then(|| end.to_string()));
        Ok(Page { items: (start..end).collect(), more })
    }
}

impl<T> Page<T> {
    /// The same page of other things.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), more: self.more }
    }
}

fn invalid() -> Error {
    Error::Validation("Invalid Marker.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paged(marker: Option<&str>, max_items: Option<i32>) -> Paged {
        Paged { marker: marker.map(str::to_owned), max_items }
    }

    #[test]
    fn pages_follow_each_other() {
        let first = paged(None, Some(2)).of(vec![1, 2, 3]).unwrap();
        assert_eq!((first.items, first.more), (vec![1, 2], More::at(Some("2".to_owned()))));
        let second = paged(Some("2"), Some(2)).of(vec![1, 2, 3]).unwrap();
        assert_eq!((second.items, second.more), (vec![3], More { is_truncated: false, marker: None }));
        assert!(paged(Some("x"), None).of(vec![1]).is_err());
        let of_many = paged(Some("7"), Some(2)).of_count(usize::MAX).unwrap();
        assert_eq!((of_many.items, of_many.more), (vec![7, 8], More::at(Some("9".to_owned()))));
        for far in ["9", "18446744073709551615"] {
            assert!(paged(Some(far), None).of(vec![1]).unwrap().items.is_empty(), "{far}");
        }
    }
}
