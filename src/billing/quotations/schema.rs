//! The tables of quotations in the PostgreSQL schema `billing`.

diesel::table! {
    billing.quotation_folios (tenant_id) {
        tenant_id -> Uuid,
        last -> Int8,
    }
}

diesel::table! {
    billing.quotation_rules (tenant_id) {
        tenant_id -> Uuid,
        version -> Int4,
        discount_limits -> Jsonb,
        amount_limits -> Jsonb,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.quotations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        folio -> Int8,
        status -> Text,
        customer_id -> Uuid,
        customer_name -> Text,
        currency -> Text,
        title -> Nullable<Text>,
        notes -> Nullable<Text>,
        terms -> Nullable<Text>,
        discount -> Nullable<Jsonb>,
        price_list_id -> Nullable<Uuid>,
        warehouse_id -> Nullable<Uuid>,
        valid_until -> Timestamptz,
        owner_id -> Nullable<Uuid>,
        revision -> Int4,
        line_count -> Int4,
        subtotal_minor -> Int8,
        discount_minor -> Int8,
        transferred_minor -> Int8,
        withheld_minor -> Int8,
        total_minor -> Int8,
        highest_discount -> Int8,
        approval -> Text,
        cancel_reason -> Nullable<Text>,
        sent_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.quotation_lines (tenant_id, quotation_id, position) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        position -> Int4,
        product_id -> Nullable<Uuid>,
        description -> Text,
        quantity -> Int8,
        unit_code -> Nullable<Text>,
        sat_product_key -> Nullable<Text>,
        unit_price -> Int8,
        list_price -> Nullable<Int8>,
        discount -> Nullable<Jsonb>,
        taxes -> Jsonb,
        amount -> Int8,
        taken_off -> Int8,
    }
}

diesel::table! {
    billing.quotation_versions (tenant_id, quotation_id, number) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        number -> Int4,
        content -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    billing.quotation_approvals (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        quotation_id -> Uuid,
        revision -> Int4,
        status -> Text,
        reasons -> Array<Text>,
        note -> Nullable<Text>,
        requested_by -> Nullable<Uuid>,
        requested_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision_note -> Nullable<Text>,
    }
}

diesel::table! {
    billing.quotation_answers (tenant_id, quotation_id) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        answer -> Text,
        revision -> Int4,
        document_hash -> Bytea,
        name -> Nullable<Text>,
        reason -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        noted_by -> Nullable<Uuid>,
        answered_at -> Timestamptz,
        file_hash -> Nullable<Bytea>,
    }
}

diesel::table! {
    billing.quotation_links (tenant_id, quotation_id) {
        tenant_id -> Uuid,
        quotation_id -> Uuid,
        token_hash -> Bytea,
        token_sealed -> Bytea,
        created_at -> Timestamptz,
    }
}
