//! Bytes to documents.

use std::borrow::Cow;

use bytes::Bytes;
use minicbor::Decoder;
use minicbor::data::Type;
use shape::{Doc, Schema, TimeFormat, Timestamp};

use super::Instants;
use crate::aggregate::{self, Bounds, Reader as _};
use crate::json::{Error, Members, whole, wrong_kind};
use crate::time;

/// Reads `bytes` as `schema`. No bytes are an empty structure, as in JSON.
pub(crate) fn decode(schema: Schema, bytes: &[u8], instants: Instants) -> Result<Doc, Error> {
    if let (Schema::Structure(structure), []) = (schema, bytes) {
        return Ok(Doc::Structure(vec![Doc::Null; structure.fields.len()]));
    }
    let mut reader = Reader { decoder: Decoder::new(bytes), bounds: Bounds::new(), instants };
    let doc = reader.value(schema, None)?;
    if reader.decoder.position() < bytes.len() {
        return Err(Error::syntax());
    }
    Ok(doc)
}

/// What the decoder cannot read is no CBOR; AWS says nothing more of it.
fn syntax(_: minicbor::decode::Error) -> Error {
    Error::syntax()
}

struct Reader<'a> {
    decoder: Decoder<'a>,
    bounds: Bounds,
    instants: Instants,
}

impl<'a> aggregate::Reader<'a> for Reader<'a> {
    fn bounds(&mut self) -> &mut Bounds {
        &mut self.bounds
    }

    fn members(&self) -> Members {
        Members::All
    }

    fn value(&mut self, schema: Schema, _format: Option<TimeFormat>) -> Result<Doc, Error> {
        self.bounds.count(1)?;
        let kind = self.kind()?;
        match (schema, kind) {
            (_, Type::Null | Type::Undefined) => {
                self.decoder.skip().map_err(syntax)?;
                Ok(Doc::Null)
            }
            (_, Type::Break | Type::Unknown(_)) => Err(Error::syntax()),
            (Schema::Structure(structure), Type::Map | Type::MapIndef) => {
                self.deeper(|r| r.structure(structure))
            }
            (Schema::Union(structure), Type::Map | Type::MapIndef) => self.deeper(|r| r.union(structure)),
            (Schema::Map(map), Type::Map | Type::MapIndef) => self.deeper(|r| r.map(map)),
            (Schema::List(list), Type::Array | Type::ArrayIndef) => self.deeper(|r| r.list(list)),
            (_, Type::Map | Type::MapIndef) => Err(Error::no_map_here()),
            (_, Type::Array | Type::ArrayIndef) => Err(Error::no_list_here()),
            (Schema::Structure(_) | Schema::Union(_) | Schema::Map(_), _) => {
                self.skip()?;
                Err(Error::no_map())
            }
            (Schema::List(_), _) => {
                self.skip()?;
                Err(Error::no_list())
            }
            (scalar, kind) => self.scalar(scalar, kind),
        }
    }

    fn skip(&mut self) -> Result<(), Error> {
        self.bounds.count(1)?;
        match self.kind()? {
            Type::Map | Type::MapIndef => self.deeper(|r| r.entries(|r, _| r.skip())),
            Type::Array | Type::ArrayIndef => self.deeper(|r| r.elements(Self::skip)),
            Type::Break | Type::Unknown(_) => Err(Error::syntax()),
            _ => self.decoder.skip().map_err(syntax),
        }
    }

    fn entries(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut left = self.decoder.map().map_err(syntax)?;
        while self.goes_on(&mut left)? {
            let key = match self.kind()? {
                Type::String | Type::StringIndef => self.text()?,
                _ => return Err(Error::syntax()),
            };
            each(self, key)?;
        }
        Ok(())
    }

    fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let mut left = self.decoder.array().map_err(syntax)?;
        while self.goes_on(&mut left)? {
            each(self)?;
        }
        Ok(())
    }
}

impl<'a> Reader<'a> {
    /// The kind of the next value. Tags before it are passed over: the schema says what it is.
    fn kind(&mut self) -> Result<Type, Error> {
        loop {
            match self.decoder.datatype().map_err(syntax)? {
                Type::Tag => self.decoder.tag().map(drop).map_err(syntax)?,
                kind => return Ok(kind),
            }
        }
    }

    fn scalar(&mut self, schema: Schema, kind: Type) -> Result<Doc, Error> {
        match kind {
            Type::Bool => {
                let value = self.decoder.bool().map_err(syntax)?;
                match schema {
                    Schema::Bool => Ok(Doc::Bool(value)),
                    _ => Err(wrong_kind(if value { "TRUE_VALUE" } else { "FALSE_VALUE" }, schema)),
                }
            }
            Type::String | Type::StringIndef => {
                let text = self.text()?;
                match schema {
                    Schema::Text | Schema::Enum(_) => Ok(Doc::Text(text.into_owned())),
                    _ => Err(wrong_kind("STRING_VALUE", schema)),
                }
            }
            Type::Bytes | Type::BytesIndef => {
                let bytes = self.bytes()?;
                match schema {
                    Schema::Blob => Ok(Doc::Blob(bytes)),
                    _ => Err(wrong_kind("EMBEDDED_OBJECT", schema)), // Jackson's name for binary data
                }
            }
            Type::F16 | Type::F32 | Type::F64 => {
                let number = self.decoder.f64().map_err(syntax)?;
                self.float(schema, number).ok_or_else(|| wrong_kind("DECIMAL_VALUE", schema))
            }
            Type::Simple => Err(Error::syntax()),
            _ => {
                let number = i128::from(self.decoder.int().map_err(syntax)?);
                self.integer(schema, number).ok_or_else(|| wrong_kind("NUMBER_VALUE", schema))
            }
        }
    }

    fn integer(&self, schema: Schema, number: i128) -> Option<Doc> {
        match schema {
            Schema::Integer => i32::try_from(number).ok().map(|n| Doc::Int(n.into())),
            Schema::Long => i64::try_from(number).ok().map(Doc::Int),
            Schema::Float | Schema::Double => Some(Doc::Float(number as f64)),
            Schema::Timestamp => self.instant(i64::try_from(number).ok()?).map(Doc::Time),
            _ => None,
        }
    }

    fn float(&self, schema: Schema, number: f64) -> Option<Doc> {
        match (schema, self.instants) {
            (Schema::Float | Schema::Double, _) => Some(Doc::Float(number)),
            (Schema::Timestamp, Instants::Millis) => time::from_epoch_seconds(number / 1000.0).map(Doc::Time),
            (Schema::Timestamp, Instants::Seconds) => time::from_epoch_seconds(number).map(Doc::Time),
            // `1.0` is a whole number, too.
            (Schema::Integer | Schema::Long, _) => {
                whole(number).and_then(|number| self.integer(schema, number.into()))
            }
            _ => None,
        }
    }

    fn instant(&self, number: i64) -> Option<Timestamp> {
        time::from_epoch_millis(match self.instants {
            Instants::Millis => number,
            Instants::Seconds => number.checked_mul(1000)?,
        })
    }

    /// Whether another element or entry follows. `left` says how many are said to follow; none when a break ends them.
    fn goes_on(&mut self, left: &mut Option<u64>) -> Result<bool, Error> {
        match left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None => {
                let is_end = self.decoder.datatype().map_err(syntax)? == Type::Break;
                if is_end {
                    self.decoder.set_position(self.decoder.position() + 1);
                }
                Ok(!is_end)
            }
        }
    }

    /// A text; borrowed when it comes in one piece.
    fn text(&mut self) -> Result<Cow<'a, str>, Error> {
        if self.decoder.datatype().map_err(syntax)? == Type::String {
            return self.decoder.str().map(Cow::Borrowed).map_err(syntax);
        }
        let pieces: Result<String, _> = self.decoder.str_iter().map_err(syntax)?.collect();
        pieces.map(Cow::Owned).map_err(syntax)
    }

    fn bytes(&mut self) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        for piece in self.decoder.bytes_iter().map_err(syntax)? {
            bytes.extend_from_slice(piece.map_err(syntax)?);
        }
        Ok(bytes.into())
    }
}
