//! The tables of payments in the PostgreSQL schema `billing`.

diesel::table! {
    billing.payments (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        customer_id -> Uuid,
        method -> Text,
        currency -> Text,
        amount_minor -> Int8,
        allocated_minor -> Int8,
        refunded_minor -> Int8,
        reference -> Nullable<Text>,
        notes -> Nullable<Text>,
        provider_payment_id -> Nullable<Text>,
        received_at -> Timestamptz,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.allocations (tenant_id, payment_id, invoice_id) {
        tenant_id -> Uuid,
        payment_id -> Uuid,
        invoice_id -> Uuid,
        amount_minor -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    billing.refunds (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        payment_id -> Uuid,
        status -> Text,
        amount_minor -> Int8,
        reason -> Nullable<Text>,
        provider_refund_id -> Nullable<Text>,
        attempts -> Int4,
        next_at -> Nullable<Timestamptz>,
        failure -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    billing.payment_accounts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        provider -> Text,
        credentials -> Bytea,
        hint -> Text,
        return_url -> Text,
        webhook_token -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.checkouts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        invoice_id -> Uuid,
        provider -> Text,
        status -> Text,
        currency -> Text,
        amount_minor -> Int8,
        external_id -> Nullable<Text>,
        url -> Nullable<Text>,
        expires_at -> Timestamptz,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.provider_events (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        provider -> Text,
        event_id -> Text,
        kind -> Text,
        payload -> Jsonb,
        status -> Text,
        note -> Nullable<Text>,
        attempts -> Int4,
        next_at -> Nullable<Timestamptz>,
        received_at -> Timestamptz,
        handled_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(allocations, payments);
