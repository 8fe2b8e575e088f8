//! The table of documents in the PostgreSQL schema `billing`.

diesel::table! {
    billing.documents (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        quotation_id -> Nullable<Uuid>,
        revision -> Int4,
        stage -> Text,
        language -> Text,
        attempts -> Int4,
        leased_until -> Nullable<Timestamptz>,
        sha256 -> Nullable<Bytea>,
        bytes -> Nullable<Int4>,
        content -> Nullable<Bytea>,
        file_key -> Nullable<Text>,
        created_at -> Timestamptz,
        made_at -> Nullable<Timestamptz>,
        invoice_id -> Nullable<Uuid>,
        credit_note_id -> Nullable<Uuid>,
    }
}
