//! `derive(Shape)` on structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, FieldsNamed, Ident, Result, Type};

use crate::attributes::{Container, Member};
use crate::names::Case;

pub(crate) fn expand_unit(input: &DeriveInput) -> Result<TokenStream> {
    let container = Container::parse(&input.attrs)?;
    Ok(implement(input, &container, &[], &[]))
}

struct Taken<'a> {
    ident: &'a Ident,
    member: Member,
}

pub(crate) fn expand(input: &DeriveInput, fields: &FieldsNamed) -> Result<TokenStream> {
    let container = Container::parse(&input.attrs)?;
    let case = container.case.unwrap_or(Case::Pascal);
    let mut literals = Vec::new();
    let mut taken = Vec::new();
    let mut errors: Option<Error> = None;
    for field in &fields.named {
        let ident = field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "a member needs a name"))?;
        match Member::parse(&field.attrs) {
            Ok(member) => {
                literals.push(field_literal(ident, &field.ty, &member, case));
                taken.push(Taken { ident, member });
            }
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    errors.map_or_else(|| Ok(implement(input, &container, &literals, &taken)), Err)
}

pub(crate) fn field_literal(ident: &Ident, ty: &Type, member: &Member, case: Case) -> TokenStream {
    let name = member.name.clone().unwrap_or_else(|| case.apply(&ident.to_string()));
    let settings = &member.settings;
    let required = if member.required {
        quote!(true)
    } else if member.default {
        quote!(false)
    } else {
        quote!(!<#ty as ::shape::Shape>::OPTIONAL)
    };
    quote! {
        ::shape::Field {
            required: #required,
            #(#settings,)*
            ..::shape::Field::new(#name, ::shape::Link::Lazy(<#ty as ::shape::Shape>::schema))
        }
    }
}

pub(crate) fn structure_literal(ident: &Ident, container: &Container, fields: &[TokenStream]) -> TokenStream {
    let name = container.name.clone().unwrap_or_else(|| ident.to_string());
    let xml = option(container.xml.as_deref());
    let namespace = match &container.namespace {
        Some(uri) => quote!(::core::option::Option::Some(
            ::shape::Namespace { prefix: ::core::option::Option::None, uri: #uri })),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        ::shape::Structure { name: #name, fields: &[#(#fields),*], xml: #xml, namespace: #namespace }
    }
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

fn implement(
    input: &DeriveInput,
    container: &Container,
    literals: &[TokenStream],
    taken: &[Taken<'_>],
) -> TokenStream {
    let ident = &input.ident;
    let structure = structure_literal(ident, container, literals);
    let count = taken.len();
    let takes = taken.iter().enumerate().map(|(index, Taken { ident, member })| {
        let method = if member.default { quote!(take_or_default) } else { quote!(take) };
        let text = ident.to_string();
        quote!(#ident: fields.#method(#index, #text)?)
    });
    let gives = taken.iter().map(|Taken { ident, .. }| quote!(::shape::Shape::into_doc(self.#ident)));
    let open = if count == 0 {
        quote!(::shape::Fields::open(doc, #count)?;)
    } else {
        quote!(let mut fields = ::shape::Fields::open(doc, #count)?;)
    };
    quote! {
        impl ::shape::Shape for #ident {
            fn schema() -> ::shape::Schema {
                static STRUCTURE: ::shape::Structure = #structure;
                ::shape::Schema::Structure(&STRUCTURE)
            }

            fn from_doc(doc: ::shape::Doc) -> ::core::result::Result<Self, ::shape::Malformed> {
                #open
                ::core::result::Result::Ok(Self { #(#takes),* })
            }

            fn into_doc(self) -> ::shape::Doc {
                ::shape::Doc::Structure(::std::vec![#(#gives),*])
            }
        }
    }
}
