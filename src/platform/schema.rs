//! The tables of the PostgreSQL schema `platform`.

use diesel::sql_types::Timestamptz;

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

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "platform.tenant_with_keys_before"]
    fn tenant_with_keys_before(moment: Timestamptz) -> Nullable<Uuid>;
}
