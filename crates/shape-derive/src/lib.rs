//! Derives for `shape::Shape` and `cloud::ApiError`: they emit data and plain conversions, never parsers.
//!
//! Mistakes in the attributes are reported together, each at its own place.

mod api_error;
mod attributes;
mod enumeration;
mod names;
mod structure;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, Fields, parse_macro_input};

/// Makes a struct, a string enum (unit variants) or a union (variants with one value each) travel on the wire.
///
/// Container: `rename_all = "camelCase" | "PascalCase" | "SCREAMING_SNAKE_CASE"` (members are PascalCase unless
/// told otherwise), `name = ".."`, `xml = "RootElement"`, `namespace = "uri"`.
///
/// Members: `name`, `json`, `xml`, `query_name` (names); `header`, `headers`, `label`, `querystring`,
/// `querystrings`, `payload`, `status` (bindings); `flat`, `member`, `key`, `value`, `attribute`, `namespace`,
/// `format = "iso8601" | "http-date" | "epoch"` (form); `len = 1..=9`, `range = 0..`, `pattern = ".."`,
/// `each(len = .., range = .., pattern = ..)` (constraints); `default` (absent means the type's default),
/// `required` (an `Option` that must be there), `sensitive`.
///
/// `flatten`, which stands alone, puts the members of another struct in the place of this one: a group that many
/// requests have, and that has a name, is declared once. The wire and error texts know nothing of the group.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn derive_shape(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => structure::expand(&input, fields),
            Fields::Unit => structure::expand_unit(&input),
            Fields::Unnamed(fields) => Err(Error::new_spanned(fields, "a shape needs named members")),
        },
        Data::Enum(data) => enumeration::expand(&input, data),
        Data::Union(_) => Err(Error::new_spanned(&input, "a Rust union cannot be a shape; use an enum")),
    };
    expanded.unwrap_or_else(Error::into_compile_error).into()
}

/// Makes an enum the errors of a service: one variant for each AWS error.
///
/// Variants: `#[api(code = "..", status = 400, message = "..")]`, with `query_code = ".."` where the query
/// protocol (and `x-amzn-query-error`) has another code, and `fault = "Server"` where it is not the caller's.
/// The message may use the variant's values: `{0}`, `{name}`. A named value with `#[api(detail = "BucketName")]`
/// goes into the error's body under that name. `#[api(internal)]` on a variant with one `cloud::Failure` takes
/// failures of the platform and of other calls unchanged.
#[proc_macro_derive(ApiError, attributes(api))]
pub fn derive_api_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    api_error::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}
