//! The AsyncAPI 3.0 document of the events outside: what NATS carries, under which subjects, in which streams.

use serde_json::{Map, Value, json};

use super::catalogue::{Catalogue, EventKind};

/// The document of `catalogue`, the same for the same catalogue.
pub fn asyncapi(catalogue: &Catalogue) -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Envelope".to_owned(), envelope_schema());
    let mut entries: Vec<&EventKind> = catalogue.entries().iter().collect();
    entries.sort_by_key(|entry| entry.subject);
    for entry in entries {
        let key = entry.subject.replace(['.', '-'], "_");
        channels.insert(key.clone(), channel(entry));
        operations.insert(format!("receive_{key}"), operation(entry, &key));
        messages.insert(entry.kind.to_owned(), message(entry));
        let mut shape = entry.shape();
        shape.definitions.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, schema) in shape.definitions {
            schemas.entry(name).or_insert(schema);
        }
        schemas.insert(data_schema_name(entry), shape.schema);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cauce events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "nats": {
                "host": "nats:4222",
                "protocol": "nats",
                "description": format!("NATS with JetStream; address and credentials are those in NATS_SERVERS. Streams:\n\n{}", stream_list(catalogue)),
                "tags": catalogue.streams().iter().map(|(name, patterns)| json!({
                    "name": name,
                    "description": format!("JetStream stream of the subjects `{}`.", patterns.join("`, `")),
                })).collect::<Vec<_>>(),
                "bindings": { "nats": {} },
            },
        },
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    })
}

const DESCRIPTION: &str = "Every event of the platform as CloudEvents 1.0 JSON, in JetStream streams. Delivery is at least once: \
a message may come again with the same `id`, which is also its `Nats-Msg-Id`; consumers remember the ids they have handled. \
Events of one record (`subject`) arrive in order; `sequence` orders all events. A replay on purpose carries the header `Replay`.";

fn stream_list(catalogue: &Catalogue) -> String {
    let lines: Vec<String> = catalogue
        .streams()
        .iter()
        .map(|(name, patterns)| format!("- `{name}`: `{}`", patterns.join("`, `")))
        .collect();
    lines.join("\n")
}

fn channel(entry: &EventKind) -> Value {
    json!({
        "address": entry.subject,
        "title": entry.kind,
        "description": entry.summary,
        "servers": [{ "$ref": "#/servers/nats" }],
        "messages": { entry.kind: { "$ref": format!("#/components/messages/{}", entry.kind) } },
        "tags": [{ "name": entry.stream }],
        "bindings": { "nats": {} },
    })
}

fn operation(entry: &EventKind, channel: &str) -> Value {
    json!({
        "action": "receive",
        "channel": { "$ref": format!("#/channels/{channel}") },
        "summary": entry.summary,
        "messages": [{ "$ref": format!("#/channels/{channel}/messages/{}", entry.kind) }],
    })
}

fn message(entry: &EventKind) -> Value {
    json!({
        "name": entry.kind,
        "title": entry.kind,
        "summary": entry.summary,
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "required": ["Nats-Msg-Id", "X-Correlation-Id"],
            "properties": {
                "Nats-Msg-Id": { "type": "string", "description": "The event's id; after `:r` that of a replay." },
                "Nats-Expected-Stream": { "type": "string", "const": entry.stream },
                "Content-Type": { "type": "string", "const": "application/cloudevents+json" },
                "X-Correlation-Id": { "type": "string" },
                "Replay": { "type": "string", "description": "The replay's id; absent on the first delivery." },
            },
        },
        "payload": {
            "allOf": [
                { "$ref": "#/components/schemas/Envelope" },
                {
                    "type": "object",
                    "properties": {
                        "type": { "const": entry.kind },
                        "data": { "$ref": format!("#/components/schemas/{}", data_schema_name(entry)) },
                    },
                },
            ],
        },
        "examples": [{ "name": entry.kind, "payload": example(entry) }],
    })
}

fn example(entry: &EventKind) -> Value {
    json!({
        "specversion": "1.0",
        "id": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c11",
        "source": format!("/cauce/{}", entry.kind.split('.').next().unwrap_or_default().to_lowercase()),
        "type": entry.kind,
        "subject": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c12",
        "time": "2026-11-22T12:00:00Z",
        "datacontenttype": "application/json",
        "tenantid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c13",
        "userid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c14",
        "correlationid": "0199f3a2-7c1e-7d40-9b1f-3f6f0a6b2c15",
        "sequence": "00000000000000000042",
        "data": entry.shape().example,
    })
}

fn data_schema_name(entry: &EventKind) -> String {
    format!("{}.Data", entry.kind)
}

fn envelope_schema() -> Value {
    let uuid = |description: &str| json!({ "type": "string", "format": "uuid", "description": description });
    json!({
        "type": "object",
        "description": "CloudEvents 1.0 in JSON, with four extension attributes.",
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "tenantid",
            "correlationid", "sequence", "data",
        ],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": uuid("The event's id, the same at every delivery."),
            "source": { "type": "string", "format": "uri-reference", "description": "The area that emitted it." },
            "type": { "type": "string", "description": "The kind of event." },
            "subject": uuid("The record that it happened to."),
            "time": { "type": "string", "format": "date-time" },
            "datacontenttype": { "const": "application/json" },
            "tenantid": uuid("The tenant in which it happened."),
            "userid": uuid("Who caused it; absent when the platform did."),
            "correlationid": { "type": "string", "description": "The correlation id of the cause." },
            "sequence": {
                "type": "string",
                "pattern": "^[0-9]{20}$",
                "description": "Its place among all events, as text of fixed length, so that it sorts.",
            },
            "data": { "type": "object" },
        },
    })
}
