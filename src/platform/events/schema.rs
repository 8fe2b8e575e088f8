//! The tables of the PostgreSQL schema `events`.

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
