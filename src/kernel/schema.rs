//! The JSON schemas of the value types, said once.

use serde_json::json;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};

/// What a text type tells the API's document about itself.
pub(super) struct TextSchema {
    /// One sentence for the reader of the document.
    pub description: &'static str,
    /// An ECMA 262 regular expression without look-around, so that a generator can follow it.
    pub pattern: &'static str,
    /// The most characters.
    pub max_length: usize,
    /// An accepted value.
    pub example: &'static str,
}

impl TextSchema {
    /// The schema without a `format`.
    pub fn schema(&self) -> RefOr<Schema> {
        RefOr::T(Schema::Object(self.builder().build()))
    }

    /// The schema with a `format` of JSON Schema.
    pub fn schema_with_format(&self, format: KnownFormat) -> RefOr<Schema> {
        let object: Object = self.builder().format(Some(SchemaFormat::KnownFormat(format))).build();
        RefOr::T(Schema::Object(object))
    }

    fn builder(&self) -> ObjectBuilder {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(self.description))
            .pattern(Some(self.pattern))
            .max_length(Some(self.max_length))
            .examples([json!(self.example)])
    }
}

/// The schema of a text that is one of a closed list.
pub(super) fn one_of<'a>(
    description: &'static str,
    values: impl IntoIterator<Item = &'a str>,
    example: &'static str,
) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(values))
        .examples([json!(example)])
        .build();
    RefOr::T(Schema::Object(object))
}

/// The `pattern` of a schema without its anchors, for the tests that generate values from it.
#[cfg(test)]
pub(super) fn generator_of(schema: &RefOr<Schema>) -> String {
    let RefOr::T(Schema::Object(object)) = schema else { panic!("the schema is not a plain one") };
    let pattern = object.pattern.as_deref().expect("the schema has a pattern");
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    inner.expect("the pattern is anchored").to_owned()
}
