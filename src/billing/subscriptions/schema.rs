//! The tables of subscriptions in the PostgreSQL schema `billing`.

diesel::table! {
    billing.subscriptions (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        customer_id -> Uuid,
        name -> Text,
        status -> Text,
        currency -> Text,
        content -> Jsonb,
        net_minor -> Int8,
        period -> Text,
        starts_on -> Date,
        anchor_on -> Date,
        next_period -> Int4,
        next_at -> Nullable<Timestamptz>,
        payment_terms_days -> Int4,
        ends_with_period -> Bool,
        cancelled_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.subscription_periods (tenant_id, subscription_id, starts_on) {
        tenant_id -> Uuid,
        subscription_id -> Uuid,
        starts_on -> Date,
        ends_on -> Date,
        invoice_id -> Uuid,
        created_at -> Timestamptz,
    }
}
