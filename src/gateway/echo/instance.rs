//! An instance of a JSON schema, as a model would write it that was asked for one.
//!
//! It knows what clients' libraries write: types, `enum`, `const`, `properties`, `items`, `prefixItems`, alternatives, `$ref` within the
//! schema, formats and limits. It ignores `pattern`, `not`, `if` and `uniqueItems`.

mod number;
mod string;

use serde_json::value::RawValue;

use crate::json::{Members, ObjectWriter, Text, WholeNumber};

/// The most that an instance holds, in bytes of values.
const WRITTEN: usize = 64 * 1024;
/// The most of a schema that is read, in bytes: each level is read anew, and each definition as often as it is named.
const READ: usize = 8 * 1024 * 1024;
const DEPTH: usize = 64;

/// The instance as JSON; `{}` where the schema has none, or none that is small.
pub(super) fn instance(schema: &RawValue) -> String {
    let made = [true, false].into_iter().find_map(|optional| Maker::new(schema.get(), optional).value(schema.get()));
    made.unwrap_or_else(|| "{}".to_owned())
}

/// Makes one instance. A part that has none is None: an alternative, an optional property or the items of an array can do without.
struct Maker<'a> {
    root: &'a str,
    /// Whether properties are made that are not required. A schema whose whole instance is too large may have a smaller one.
    optional: bool,
    /// The references that are being followed. One inside itself has no end, and a finite instance needs none of these.
    open: Vec<Text<'a>>,
    depth: usize,
    may_read: usize,
    may_write: usize,
}

impl<'a> Maker<'a> {
    fn new(root: &'a str, optional: bool) -> Self {
        Self { root, optional, open: vec![Text::from("#")], depth: 0, may_read: READ, may_write: WRITTEN }
    }

    fn value(&mut self, schema: &'a str) -> Option<String> {
        if self.depth == DEPTH {
            return None;
        }
        self.depth += 1;
        let value = self.reads(schema).and_then(|()| match Members::of(schema) {
            Some(members) => self.of_members(&members),
            // `true` and `false` are schemas, too: of everything and of nothing.
            None => (schema != "false").then(string::any).and_then(|value| self.written(value)),
        });
        self.depth -= 1;
        value
    }

    fn of_members(&mut self, schema: &Members<'a>) -> Option<String> {
        if let Some(reference) = schema.read::<Text<'a>>("$ref") {
            return self.referenced(reference);
        }
        if let Some((_, constant)) = schema.iter().find(|(key, _)| *key == "const") {
            return self.written(constant.to_owned());
        }
        if let Some(first) = schemas(schema, "enum").into_iter().next() {
            return self.written(first.to_owned());
        }
        if schema.contains("allOf") {
            return self.all_of(schema);
        }
        let alternatives = [schemas(schema, "anyOf"), schemas(schema, "oneOf")].concat();
        if !alternatives.is_empty() && !schema.contains("properties") {
            return alternatives.into_iter().find_map(|alternative| self.value(alternative));
        }
        match type_of(schema).as_deref() {
            Some("object") => self.object(schema),
            Some("array") => self.array(schema),
            Some("integer") => self.written(number::integer(schema)?),
            Some("number") => self.written(number::number(schema)?),
            Some("boolean") => self.written("true".to_owned()),
            Some("null") => self.written("null".to_owned()),
            _ => self.written(string::of(schema, self.may_write)?),
        }
    }

    fn referenced(&mut self, reference: Text<'a>) -> Option<String> {
        if self.open.contains(&reference) {
            return None;
        }
        let Some(target) = self.target(&reference) else { return self.written(string::any()) };
        self.open.push(reference);
        let value = self.value(target);
        self.open.pop();
        value
    }

    /// The part of the schema that a reference such as `#/$defs/City` means.
    fn target(&mut self, reference: &str) -> Option<&'a str> {
        let pointer = reference.strip_prefix('#')?;
        let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
        let mut target = self.root;
        for step in steps {
            self.reads(target)?;
            target = match Members::of(target) {
                Some(members) => members.get(&step)?.get(),
                None => serde_json::from_str::<Vec<&RawValue>>(target).ok()?.get(step.parse::<usize>().ok()?)?.get(),
            };
        }
        Some(target)
    }

    /// Objects that have to be one are merged; of anything else the first part decides.
    fn all_of(&mut self, schema: &Members<'a>) -> Option<String> {
        let mut made = Vec::new();
        if schema.contains("properties") {
            made.push(self.object(schema)?);
        }
        for part in schemas(schema, "allOf") {
            made.push(self.value(part)?);
        }
        let objects: Vec<Members<'_>> = made.iter().map_while(|value| Members::of(value)).collect();
        if objects.len() < made.len() {
            return made.into_iter().next();
        }
        let mut merged = ObjectWriter::with_capacity(0);
        for (index, object) in objects.iter().enumerate() {
            for (key, value) in object.iter().filter(|(key, _)| !objects[..index].iter().any(|o| o.contains(key))) {
                merged.raw(key, value);
            }
        }
        Some(merged.finish())
    }

    fn object(&mut self, schema: &Members<'a>) -> Option<String> {
        let properties = schema.read::<Members<'a>>("properties").unwrap_or_default();
        let required = schema.read::<Vec<Text<'a>>>("required").unwrap_or_default();
        let is_required = |name: &str| required.iter().any(|required| &**required == name);
        let mut object = ObjectWriter::with_capacity(0);
        for (name, property) in properties.iter() {
            if !self.optional && !is_required(name) {
                continue;
            }
            match self.value(property) {
                Some(value) => object.raw(name, &self.named(name, value)?),
                None if is_required(name) => return None,
                None => {}
            }
        }
        let other = schema.get("additionalProperties").map_or("true", RawValue::get);
        for name in required.iter().filter(|name| !properties.contains(name)) {
            let value = self.value(if other == "false" { "true" } else { other })?;
            object.raw(name, &self.named(name, value)?);
        }
        Some(object.finish())
    }

    fn array(&mut self, schema: &Members<'a>) -> Option<String> {
        let whole = |key| schema.read::<WholeNumber>(key).and_then(|WholeNumber(whole)| usize::try_from(whole).ok());
        let (least, most) = (whole("minItems").unwrap_or(0), whole("maxItems").unwrap_or(usize::MAX));
        // Until 2019 the schemas of a tuple stood in `items`.
        let tuple = [schemas(schema, "prefixItems"), schemas(schema, "items")].concat();
        let rest = schema.get("items").map_or("true", RawValue::get);
        let rest = if rest.starts_with('[') { "true" } else { rest };
        let wished = if tuple.is_empty() { least.max(1) } else { tuple.len().max(least) }.min(most);
        let mut items = Vec::new();
        while items.len() < wished {
            match self.value(tuple.get(items.len()).copied().unwrap_or(rest)) {
                Some(item) => items.push(item),
                None if items.len() >= least => break,
                None => return None,
            }
        }
        Some(format!("[{}]", items.join(",")))
    }

    /// Counts a schema to what is read; None where that is too much.
    fn reads(&mut self, schema: &str) -> Option<()> {
        self.may_read = self.may_read.checked_sub(schema.len())?;
        Some(())
    }

    fn written(&mut self, value: String) -> Option<String> {
        self.may_write = self.may_write.checked_sub(value.len())?;
        Some(value)
    }

    /// Counts the name of a property to what is written.
    fn named(&mut self, name: &str, value: String) -> Option<String> {
        self.may_write = self.may_write.checked_sub(name.len())?;
        Some(value)
    }
}

fn type_of<'a>(schema: &Members<'a>) -> Option<Text<'a>> {
    let first = |types: Vec<Text<'a>>| types.into_iter().next();
    let named = schema.read("type").or_else(|| schema.read("type").and_then(first));
    let told_by = |key: &str, name| schema.contains(key).then(|| Text::from(name));
    named.or_else(|| told_by("properties", "object")).or_else(|| told_by("items", "array"))
}

/// The elements of an array of a schema; none where the member is something else.
fn schemas<'a>(schema: &Members<'a>, key: &str) -> Vec<&'a str> {
    let elements = schema.read::<Vec<&'a RawValue>>(key).unwrap_or_default();
    elements.into_iter().map(RawValue::get).collect()
}

#[cfg(test)]
mod tests;
