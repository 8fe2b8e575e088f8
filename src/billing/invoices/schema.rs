//! The tables of invoices in the PostgreSQL schema `billing`.

diesel::table! {
    billing.number_series (tenant_id, kind, series) {
        tenant_id -> Uuid,
        kind -> Text,
        series -> Text,
        last_number -> Int8,
    }
}

diesel::table! {
    billing.invoices (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        customer_id -> Uuid,
        bill_to -> Nullable<Jsonb>,
        quotation_id -> Nullable<Uuid>,
        contract_id -> Nullable<Uuid>,
        subscription_id -> Nullable<Uuid>,
        status -> Text,
        series -> Text,
        number -> Nullable<Int8>,
        currency -> Text,
        content -> Jsonb,
        totals -> Jsonb,
        net_minor -> Int8,
        total_minor -> Int8,
        paid_minor -> Int8,
        credited_minor -> Int8,
        payment_terms_days -> Int4,
        issued_at -> Nullable<Timestamptz>,
        due_on -> Nullable<Date>,
        next_reminder_at -> Nullable<Timestamptz>,
        reminders -> Int4,
        paid_at -> Nullable<Timestamptz>,
        voided_at -> Nullable<Timestamptz>,
        void_reason -> Nullable<Text>,
        fiscal_status -> Text,
        fiscal_uuid -> Nullable<Uuid>,
        fiscal_xml_key -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    billing.credit_notes (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        invoice_id -> Uuid,
        customer_id -> Uuid,
        bill_to -> Jsonb,
        series -> Text,
        number -> Int8,
        currency -> Text,
        content -> Jsonb,
        totals -> Jsonb,
        net_minor -> Int8,
        total_minor -> Int8,
        reason -> Text,
        fiscal_status -> Text,
        fiscal_uuid -> Nullable<Uuid>,
        fiscal_xml_key -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}
