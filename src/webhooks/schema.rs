//! The tables and functions of the PostgreSQL schema `webhooks`.

diesel::table! {
    webhooks.endpoints (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        url -> Text,
        description -> Nullable<Text>,
        event_types -> Array<Text>,
        disabled_reason -> Nullable<Text>,
        secret -> Bytea,
        previous_secret -> Nullable<Bytea>,
        previous_secret_until -> Nullable<Timestamptz>,
        failing_since -> Nullable<Timestamptz>,
        replay_after -> Nullable<Int8>,
        replay_until -> Nullable<Int8>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhooks.deliveries (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        endpoint_id -> Uuid,
        event_id -> Uuid,
        event_type -> Text,
        position -> Nullable<Int8>,
        status -> Text,
        attempts -> Int4,
        next_at -> Timestamptz,
        claim -> Nullable<Uuid>,
        last_status -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhooks.attempts (tenant_id, delivery_id, number) {
        tenant_id -> Uuid,
        delivery_id -> Uuid,
        number -> Int4,
        at -> Timestamptz,
        duration_ms -> Int4,
        response_status -> Nullable<Int4>,
        error -> Nullable<Text>,
    }
}

use diesel::sql_types::{Array, Uuid};

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "webhooks.with_endpoints"]
    fn with_endpoints(tenants: Array<Uuid>) -> Array<Uuid>;
}

diesel::allow_tables_to_appear_in_same_query!(endpoints, deliveries, attempts);
