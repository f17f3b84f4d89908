//! `derive(ApiError)`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, DataEnum, DeriveInput, Error, Fields, Ident, LitInt, LitStr, Result, Variant};

use crate::attributes::string;

/// What `#[api(..)]` on a variant says.
#[derive(Default)]
struct Spec {
    code: Option<LitStr>,
    query_code: Option<LitStr>,
    status: Option<LitInt>,
    message: Option<LitStr>,
    fault: Option<LitStr>,
    internal: bool,
}

impl Spec {
    fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut spec = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("api")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("internal") {
                    spec.internal = true;
                } else if meta.path.is_ident("status") {
                    spec.status = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("code") {
                    spec.code = Some(string(&meta)?);
                } else if meta.path.is_ident("query_code") {
                    spec.query_code = Some(string(&meta)?);
                } else if meta.path.is_ident("message") {
                    spec.message = Some(string(&meta)?);
                } else if meta.path.is_ident("fault") {
                    spec.fault = Some(string(&meta)?);
                } else {
                    return Err(meta.error(
                        "unknown attribute; there are `code`, `query_code`, `status`, `message`, `fault`, `internal`",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(spec)
    }
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let syn::Data::Enum(DataEnum { variants, .. }) = &input.data else {
        return Err(Error::new_spanned(input, "`ApiError` is for enums: one variant for each AWS error"));
    };
    let ident = &input.ident;
    let mut arms = Vec::new();
    let mut internal = None;
    for variant in variants {
        let spec = Spec::parse(&variant.attrs)?;
        if spec.internal {
            let name = &variant.ident;
            arms.push(quote!(Self::#name(failure) => failure));
            internal = Some(name);
        } else {
            arms.push(arm(variant, &spec)?);
        }
    }
    let conflict = match internal {
        Some(name) => quote!(match self {
            Self::#name(failure) => ::cloud::ApiError::is_conflict(failure),
            _ => false,
        }),
        None => quote!(false),
    };
    let conversions = internal.map(|name| conversions(ident, name));
    Ok(quote! {
        impl ::cloud::ApiError for #ident {
            fn into_failure(self) -> ::cloud::Failure {
                match self { #(#arms),* }
            }

            fn is_conflict(&self) -> bool {
                #conflict
            }
        }
        #conversions
    })
}

fn conversions(ident: &Ident, variant: &Ident) -> TokenStream {
    quote! {
        impl ::core::convert::From<::cloud::Failure> for #ident {
            fn from(failure: ::cloud::Failure) -> Self {
                Self::#variant(failure)
            }
        }

        impl ::core::convert::From<::store::Error> for #ident {
            fn from(error: ::store::Error) -> Self {
                Self::#variant(::cloud::Failure::from(error))
            }
        }
    }
}

fn arm(variant: &Variant, spec: &Spec) -> Result<TokenStream> {
    let (Some(code), Some(status), Some(message)) = (&spec.code, &spec.status, &spec.message) else {
        return Err(Error::new_spanned(variant, "an AWS error needs `code`, `status` and `message`"));
    };
    let name = &variant.ident;
    let (pattern, arguments, details) = bindings(variant)?;
    let query_code = spec.query_code.as_ref().map(|text| quote!(.query_code(#text)));
    let fault = match spec.fault.as_ref().map(LitStr::value).as_deref() {
        None => None,
        Some("Server") => Some(quote!(.server_fault())),
        Some(_) => return Err(Error::new_spanned(variant, "`fault` is `Server`, or left out")),
    };
    Ok(quote! {
        Self::#name #pattern => {
            let message = ::std::format!(#message #arguments);
            ::cloud::Failure::new(#code, #status, message) #query_code #fault #(#details)*
        }
    })
}

/// The variant's pattern, the arguments for its message, and its details.
fn bindings(variant: &Variant) -> Result<(TokenStream, TokenStream, Vec<TokenStream>)> {
    match &variant.fields {
        Fields::Unit => Ok((quote!(), quote!(), Vec::new())),
        Fields::Unnamed(fields) => {
            let names: Vec<Ident> =
                (0..fields.unnamed.len()).map(|index| format_ident!("value{index}")).collect();
            Ok((quote!((#(#names),*)), quote!(, #(#names),*), Vec::new()))
        }
        Fields::Named(fields) => {
            let mut names = Vec::new();
            let mut details = Vec::new();
            for field in &fields.named {
                let name =
                    field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "a value needs a name"))?;
                names.push(name);
                for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("api")) {
                    attribute.parse_nested_meta(|meta| {
                        if !meta.path.is_ident("detail") {
                            return Err(meta.error("on a value there is `detail = \"Name\"`"));
                        }
                        let detail = string(&meta)?;
                        details.push(quote!(.detail(#detail, &#name)));
                        Ok(())
                    })?;
                }
            }
            Ok((quote!({ #(#names),* }), quote!(), details))
        }
    }
}
