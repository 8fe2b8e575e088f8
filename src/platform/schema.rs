//! The tables of the PostgreSQL schema `platform`.

diesel::table! {
    platform.idempotency_keys (tenant_id, principal, route, key) {
        tenant_id -> Uuid,
        principal -> Uuid,
        route -> Text,
        key -> Text,
        fingerprint -> Bytea,
        answer -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}
