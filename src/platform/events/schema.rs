//! The tables and functions of the PostgreSQL schema `events`.

use diesel::sql_types::{BigInt, Text, Uuid};

diesel::table! {
    events.outbox (seq) {
        seq -> Int8,
        event_id -> Uuid,
        tenant_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        aggregate_id -> Uuid,
        aggregate_version -> Int4,
        data -> Jsonb,
        user_id -> Nullable<Uuid>,
        correlation_id -> Text,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    events.log (position) {
        position -> Int8,
        event_id -> Uuid,
        tenant_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        aggregate_id -> Uuid,
        aggregate_version -> Int4,
        data -> Jsonb,
        user_id -> Nullable<Uuid>,
        correlation_id -> Text,
        occurred_at -> Timestamptz,
        sequenced_at -> Timestamptz,
    }
}

diesel::table! {
    events.counter (single) {
        single -> Bool,
        last_position -> Int8,
    }
}

diesel::table! {
    events.subscriptions (name) {
        name -> Text,
        position -> Int8,
        attempted_position -> Int8,
        lease_owner -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    events.retries (subscription, position) {
        subscription -> Text,
        position -> Int8,
        tenant_id -> Uuid,
        aggregate_id -> Uuid,
        attempts -> Int4,
        next_at -> Timestamptz,
        first_error -> Nullable<Text>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    events.dead_letters (id) {
        id -> Uuid,
        subscription -> Text,
        position -> Int8,
        event_id -> Uuid,
        tenant_id -> Uuid,
        aggregate_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        attempts -> Int4,
        first_error -> Text,
        last_error -> Text,
        parked_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
        resolution -> Nullable<Text>,
    }
}

diesel::table! {
    events.nats_state (stream) {
        stream -> Text,
        created_at -> Timestamptz,
        log_position -> Int8,
        stream_sequence -> Int8,
        event_id -> Nullable<Uuid>,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(subscriptions, counter, retries);

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "events.advance"]
    fn advance(reader: Text, was: BigInt, becomes: BigInt) -> Bool;
    #[sql_name = "events.begin_work"]
    fn begin_work(reader: Text, was: BigInt, until: BigInt, server: Uuid) -> Bool;
    #[sql_name = "events.sequence"]
    fn sequence(at_once: BigInt) -> Array<BigInt>;
}
