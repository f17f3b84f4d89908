//! `derive(Shape)` on enums: closed sets of texts, and unions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields, Ident, Result, Type, Variant};

use crate::attributes::{Container, Member};
use crate::names::Case;
use crate::structure::{field_literal, structure_literal};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let container = Container::parse(&input.attrs)?;
    if data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) {
        expand_texts(input, data, &container)
    } else {
        expand_union(input, data, &container)
    }
}

fn expand_texts(input: &DeriveInput, data: &DataEnum, container: &Container) -> Result<TokenStream> {
    let ident = &input.ident;
    let shape_name = container.name.clone().unwrap_or_else(|| ident.to_string());
    let case = container.case.unwrap_or(Case::Pascal);
    let mut variants = Vec::new();
    let mut texts = Vec::new();
    for variant in &data.variants {
        let member = of_variant(variant)?;
        texts.push(member.name.unwrap_or_else(|| case.apply(&variant.ident.to_string())));
        variants.push(&variant.ident);
    }
    Ok(quote! {
        impl #ident {
            /// The text of this value on the wire.
            pub const fn as_str(&self) -> &'static str {
                match self { #(Self::#variants => #texts),* }
            }

            /// The value whose text on the wire is `text`.
            #[allow(dead_code)]
            pub fn from_text(text: &str) -> ::core::option::Option<Self> {
                match text {
                    #(#texts => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl ::shape::Shape for #ident {
            fn schema() -> ::shape::Schema {
                static ENUMERATION: ::shape::Enumeration =
                    ::shape::Enumeration { name: #shape_name, values: &[#(#texts),*] };
                ::shape::Schema::Enum(&ENUMERATION)
            }

            fn from_doc(doc: ::shape::Doc) -> ::core::result::Result<Self, ::shape::Malformed> {
                doc.as_text()
                    .and_then(Self::from_text)
                    .ok_or_else(|| ::shape::Malformed::new("a value of the enumeration", &doc))
            }

            fn into_doc(self) -> ::shape::Doc {
                ::shape::Doc::Text(self.as_str().to_owned())
            }
        }
    })
}

fn expand_union(input: &DeriveInput, data: &DataEnum, container: &Container) -> Result<TokenStream> {
    let ident = &input.ident;
    let case = container.case.unwrap_or(Case::Pascal);
    let mut literals = Vec::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        let (name, ty) = single(variant)?;
        let mut member = of_variant(variant)?;
        // A union's members are never required one by one.
        member.default = true;
        literals.push(field_literal(name, ty, &member, case));
        variants.push((name, ty));
    }
    let structure = structure_literal(ident, container, &quote!(&[#(#literals),*]));
    let from = variants.iter().enumerate().map(
        |(index, (name, ty))| quote!(#index => <#ty as ::shape::Shape>::from_doc(*value).map(Self::#name)),
    );
    let into = variants.iter().enumerate().map(|(index, (name, _))| {
        quote!(Self::#name(value) =>
            ::shape::Doc::Union(#index, ::std::boxed::Box::new(::shape::Shape::into_doc(value))))
    });
    Ok(quote! {
        impl ::shape::Shape for #ident {
            fn schema() -> ::shape::Schema {
                static STRUCTURE: ::shape::Structure = #structure;
                ::shape::Schema::Union(&STRUCTURE)
            }

            fn from_doc(doc: ::shape::Doc) -> ::core::result::Result<Self, ::shape::Malformed> {
                let ::shape::Doc::Union(index, value) = doc else {
                    return ::core::result::Result::Err(::shape::Malformed::new("a union", &doc));
                };
                match index {
                    #(#from,)*
                    _ => ::core::result::Result::Err(::shape::Malformed::new("a member of the union", &value)),
                }
            }

            fn into_doc(self) -> ::shape::Doc {
                match self { #(#into),* }
            }
        }
    })
}

fn of_variant(variant: &Variant) -> Result<Member> {
    let member = Member::parse(&variant.attrs)?;
    if member.flatten {
        return Err(Error::new_spanned(variant, "`flatten` is for the members of a struct"));
    }
    Ok(member)
}

fn single(variant: &Variant) -> Result<(&Ident, &Type)> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok((&variant.ident, &fields.unnamed[0].ty)),
        _ => Err(Error::new_spanned(variant, "a union's member holds exactly one value: `Name(Type)`")),
    }
}
