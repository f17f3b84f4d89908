//! Reading `#[shape(..)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, Lit, LitStr, RangeLimits, Result};

use crate::names::Case;

/// What stands on the type.
pub(crate) struct Container {
    pub(crate) case: Option<Case>,
    pub(crate) name: Option<String>,
    pub(crate) xml: Option<String>,
    pub(crate) namespace: Option<String>,
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut container = Self { case: None, name: None, xml: None, namespace: None };
        each_shape(attributes, |meta| {
            if meta.path.is_ident("rename_all") {
                let text = string(&meta)?;
                let case = Case::parse(&text.value());
                container.case = Some(case.ok_or_else(|| {
                    Error::new(text.span(), "expected `PascalCase`, `camelCase` or `SCREAMING_SNAKE_CASE`")
                })?);
            } else if meta.path.is_ident("name") {
                container.name = Some(string(&meta)?.value());
            } else if meta.path.is_ident("xml") {
                container.xml = Some(string(&meta)?.value());
            } else if meta.path.is_ident("namespace") {
                container.namespace = Some(string(&meta)?.value());
            } else {
                return Err(meta.error(
                    "unknown attribute; on a type there are `rename_all`, `name`, `xml`, `namespace`",
                ));
            }
            Ok(())
        })?;
        Ok(container)
    }
}

/// What stands on a member, as the expressions of a `Field` literal.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) name: Option<String>,
    pub(crate) default: bool,
    pub(crate) required: bool,
    /// Its members stand in its place; it has no name and no settings of its own.
    pub(crate) flatten: bool,
    /// `field: value` pairs that differ from `Field::new`.
    pub(crate) settings: Vec<TokenStream>,
    checks: Vec<TokenStream>,
    each: Vec<TokenStream>,
}

/// Attributes whose value is a text that goes to the `Field` member of the same name.
const NAMES: [&str; 6] = ["json", "xml", "query_name", "member", "key", "value"];

impl Member {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut member = Self::default();
        each_shape(attributes, |meta| member.read(&meta))?;
        let (checks, each) = (&member.checks, &member.each);
        if !checks.is_empty() {
            member.settings.push(quote!(checks: &[#(#checks),*]));
        }
        if !each.is_empty() {
            member.settings.push(quote!(each: &[#(#each),*]));
        }
        let is_bare =
            member.name.is_none() && !member.default && !member.required && member.settings.is_empty();
        match attributes.iter().find(|attribute| attribute.path().is_ident("shape")) {
            Some(attribute) if member.flatten && !is_bare => Err(Error::new_spanned(
                attribute,
                "`flatten` stands alone: what is flattened has attributes of its own",
            )),
            _ => Ok(member),
        }
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(ident) = meta.path.get_ident() else {
            return Err(meta.error("expected a word"));
        };
        let word = ident.to_string();
        match word.as_str() {
            "name" => self.name = Some(string(meta)?.value()),
            "default" => self.default = true,
            "required" => self.required = true,
            "flatten" => self.flatten = true,
            "flat" | "attribute" | "sensitive" => self.settings.push(quote!(#ident: true)),
            name if NAMES.contains(&name) => {
                let text = string(meta)?;
                self.settings.push(quote!(#ident: ::core::option::Option::Some(#text)));
            }
            "namespace" => {
                let uri = string(meta)?;
                self.settings.push(quote!(namespace: ::core::option::Option::Some(
                    ::shape::Namespace { prefix: ::core::option::Option::None, uri: #uri })));
            }
            "format" => {
                let format = time_format(&string(meta)?)?;
                self.settings
                    .push(quote!(format: ::core::option::Option::Some(::shape::TimeFormat::#format)));
            }
            "header" | "headers" | "label" | "querystring" | "querystrings" | "payload" | "status" => {
                let binding = binding(&word, meta)?;
                self.settings.push(quote!(binding: ::shape::Binding::#binding));
            }
            "len" | "range" | "pattern" => self.checks.push(check(&word, meta)?),
            "each" => meta.parse_nested_meta(|inner| {
                let word = inner.path.get_ident().map(ToString::to_string).unwrap_or_default();
                if !matches!(word.as_str(), "len" | "range" | "pattern") {
                    return Err(inner.error("inside `each` there are `len`, `range` and `pattern`"));
                }
                self.each.push(check(&word, &inner)?);
                Ok(())
            })?,
            _ => {
                return Err(meta
                    .error(format!("unknown attribute `{word}`; see the documentation of `derive(Shape)`")));
            }
        }
        Ok(())
    }
}

fn binding(word: &str, meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    Ok(match word {
        "header" => {
            let name = string(meta)?;
            quote!(Header(#name))
        }
        "headers" => {
            let prefix = string(meta)?;
            quote!(Headers(#prefix))
        }
        "querystring" => {
            let name = string(meta)?;
            quote!(Querystring(#name))
        }
        "label" => quote!(Label),
        "querystrings" => quote!(Querystrings),
        "payload" => quote!(Payload),
        _ => quote!(Status),
    })
}

fn time_format(text: &LitStr) -> Result<TokenStream> {
    match text.value().as_str() {
        "iso8601" => Ok(quote!(Iso8601)),
        "http-date" => Ok(quote!(HttpDate)),
        "epoch" => Ok(quote!(EpochSeconds)),
        _ => Err(Error::new(text.span(), "expected `iso8601`, `http-date` or `epoch`")),
    }
}

fn check(word: &str, meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    if word == "pattern" {
        let pattern = string(meta)?;
        return Ok(quote!(::shape::Check::Pattern(#pattern)));
    }
    let (min, max) = range(meta)?;
    let kind = if word == "len" { quote!(Len) } else { quote!(Range) };
    Ok(quote!(::shape::Check::#kind(#min, #max)))
}

/// `1..=9`, `1..` or `..=9`; the end is included, as in AWS's models.
fn range(meta: &ParseNestedMeta<'_>) -> Result<(TokenStream, TokenStream)> {
    let expr: Expr = meta.value()?.parse()?;
    let Expr::Range(range) = &expr else {
        return Err(Error::new_spanned(expr, "expected a range such as `1..=9`"));
    };
    if range.end.is_some() && matches!(range.limits, RangeLimits::HalfOpen(_)) {
        return Err(Error::new_spanned(range, "write the last allowed number: `..=` instead of `..`"));
    }
    let side = |end: &Option<Box<Expr>>| match end {
        Some(number) => quote!(::core::option::Option::Some(#number)),
        None => quote!(::core::option::Option::None),
    };
    Ok((side(&range.start), side(&range.end)))
}

pub(crate) fn string(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    match meta.value()?.parse()? {
        Lit::Str(text) => Ok(text),
        other => Err(Error::new_spanned(other, "expected a text in quotes")),
    }
}

fn each_shape(
    attributes: &[Attribute],
    mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let mut errors: Option<Error> = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("shape")) {
        if let Err(error) = attribute.parse_nested_meta(&mut read) {
            match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            }
        }
    }
    errors.map_or(Ok(()), Err)
}
