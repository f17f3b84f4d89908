//! ListImports.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use super::tag_resource::tagged;
use crate::error::Error;
use crate::import::{ImportRow, ImportSummary};
use crate::limits::TRANSFERS_PAGE;

/// Shortest token that clients take.
const TOKEN_CHARS_MIN: usize = 112;
/// Tokens have a multiple of so many hexadecimal digits.
const TOKEN_CHARS_STEP: usize = 16;
/// Digits of the length of what is in a token.
const LENGTH_CHARS: usize = 4;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_arn: Option<String>,
    #[shape(range = 1..=25)]
    page_size: Option<i32>,
    #[shape(len = 112..=1024, pattern = "([0-9a-f]{16})+")]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    import_summary_list: Vec<ImportSummary>,
    next_token: Option<String>,
}

/// A cursor as a token of the form that the API prescribes.
fn token(cursor: &Cursor) -> String {
    let text = cursor.to_text();
    let chars = (LENGTH_CHARS + text.len()).max(TOKEN_CHARS_MIN).next_multiple_of(TOKEN_CHARS_STEP);
    format!("{:0<chars$}", format!("{:04x}{text}", text.len()))
}

/// Reads [`token`].
fn cursor(token: &str) -> Option<Cursor> {
    let length = usize::from_str_radix(token.get(..LENGTH_CHARS)?, 16).ok()?;
    Cursor::from_text(token.get(LENGTH_CHARS..LENGTH_CHARS + length)?)
}

pub(crate) struct ListImports;

impl Operation for ListImports {
    const NAME: &'static str = "ListImports";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.page_size.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(TRANSFERS_PAGE);
        let after = match &input.next_token {
            Some(text) => Some(cursor(text).ok_or_else(|| Error::validation("Invalid NextToken"))?),
            None => None,
        };
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let paging = Paging::after(limit, after);
        let listing = match &input.table_arn {
            Some(arn) => {
                let name = tagged(cx, arn)?;
                table::list::<ImportRow>(cx.tx(), (&name.account, &name.region, &name.name), &paging).await?
            }
            None => table::list::<ImportRow>(cx.tx(), (&account, &region), &paging).await?,
        };
        Ok(Output {
            import_summary_list: listing.items.iter().map(ImportRow::summary).collect(),
            next_token: listing.next.as_ref().map(token),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_of_the_api() {
        for parts in [
            ("t", "i"),
            ("a-table-with-a-name-that-is-longer-than-most-others-are", "01234567890123-aaaaaaaa"),
        ] {
            let behind = Cursor::behind(parts);
            let text = token(&behind);
            assert!(text.len() >= 112 && text.len().is_multiple_of(16), "{text}");
            assert_eq!(cursor(&text), Some(behind));
        }
        assert_eq!(cursor("ffff"), None);
    }
}
