//! `derive(Shape)` on structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, FieldsNamed, Ident, Result, Type};

use crate::attributes::{Container, Member};
use crate::names::Case;

pub(crate) fn expand_unit(input: &DeriveInput) -> Result<TokenStream> {
    let container = Container::parse(&input.attrs)?;
    Ok(implement(input, &container, &[]))
}

/// A member as the struct has it.
struct Declared<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    member: Member,
}

pub(crate) fn expand(input: &DeriveInput, fields: &FieldsNamed) -> Result<TokenStream> {
    let container = Container::parse(&input.attrs)?;
    let mut declared = Vec::new();
    let mut errors: Option<Error> = None;
    for field in &fields.named {
        let ident = field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "a member needs a name"))?;
        match Member::parse(&field.attrs) {
            Ok(member) => declared.push(Declared { ident, ty: &field.ty, member }),
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    errors.map_or_else(|| Ok(implement(input, &container, &declared)), Err)
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

/// The literal of a structure with these `fields`, an expression.
pub(crate) fn structure_literal(ident: &Ident, container: &Container, fields: &TokenStream) -> TokenStream {
    let name = container.name.clone().unwrap_or_else(|| ident.to_string());
    let xml = option(container.xml.as_deref());
    let namespace = match &container.namespace {
        Some(uri) => quote!(::core::option::Option::Some(
            ::shape::Namespace { prefix: ::core::option::Option::None, uri: #uri })),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        ::shape::Structure { name: #name, fields: #fields, xml: #xml, namespace: #namespace }
    }
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

fn implement(input: &DeriveInput, container: &Container, declared: &[Declared<'_>]) -> TokenStream {
    let ident = &input.ident;
    let structure = structure_literal(ident, container, &quote!(<#ident as ::shape::Members>::FIELDS));
    let fields = fields_expression(container, declared);
    let takes = declared.iter().map(|Declared { ident, ty, member }| {
        let text = ident.to_string();
        if member.flatten {
            quote!(#ident: <#ty as ::shape::Members>::take(fields)?)
        } else if member.default {
            quote!(#ident: fields.take_or_default(#text)?)
        } else {
            quote!(#ident: fields.take(#text)?)
        }
    });
    let gives = runs(declared).map(|run| match run {
        [Declared { ident, member: Member { flatten: true, .. }, .. }] => {
            quote!(::shape::Members::give(self.#ident, members);)
        }
        plain => {
            let docs =
                plain.iter().map(|Declared { ident, .. }| quote!(::shape::Shape::into_doc(self.#ident)));
            quote!(members.extend([#(#docs),*]);)
        }
    });
    let (fields_name, members_name) =
        if declared.is_empty() { (quote!(_), quote!(_)) } else { (quote!(fields), quote!(members)) };
    quote! {
        impl ::shape::Members for #ident {
            const FIELDS: &'static [::shape::Field] = #fields;

            fn take(#fields_name: &mut ::shape::Fields) -> ::core::result::Result<Self, ::shape::Malformed> {
                ::core::result::Result::Ok(Self { #(#takes),* })
            }

            fn give(self, #members_name: &mut ::std::vec::Vec<::shape::Doc>) {
                #(#gives)*
            }
        }

        impl ::shape::Shape for #ident {
            fn schema() -> ::shape::Schema {
                static STRUCTURE: ::shape::Structure = #structure;
                ::shape::Schema::Structure(&STRUCTURE)
            }

            fn from_doc(doc: ::shape::Doc) -> ::core::result::Result<Self, ::shape::Malformed> {
                <Self as ::shape::Members>::from_structure(doc)
            }

            fn into_doc(self) -> ::shape::Doc {
                <Self as ::shape::Members>::into_structure(self)
            }
        }
    }
}

/// The members in runs: each flattened one by itself, and those between them together.
fn runs<'a>(declared: &'a [Declared<'a>]) -> impl Iterator<Item = &'a [Declared<'a>]> {
    declared.chunk_by(|one, next| !one.member.flatten && !next.member.flatten)
}

/// An expression for the descriptions of all members.
fn fields_expression(container: &Container, declared: &[Declared<'_>]) -> TokenStream {
    let case = container.case.unwrap_or(Case::Pascal);
    let mut parts = runs(declared).map(|run| match run {
        [Declared { ty, member: Member { flatten: true, .. }, .. }] => {
            quote!(<#ty as ::shape::Members>::FIELDS)
        }
        plain => {
            let literals =
                plain.iter().map(|Declared { ident, ty, member }| field_literal(ident, ty, member, case));
            quote!(&[#(#literals),*])
        }
    });
    match (parts.next(), parts.next()) {
        (None, _) => quote!(&[]),
        (Some(all), None) => all,
        (Some(first), Some(second)) => quote!({
            const PARTS: &[&[::shape::Field]] = &[#first, #second #(, #parts)*];
            const ALL: [::shape::Field; ::shape::count(PARTS)] = ::shape::join(PARTS);
            &ALL
        }),
    }
}
