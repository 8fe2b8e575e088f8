//! The tables of the PostgreSQL schema `leads`.

diesel::table! {
    leads.leads (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        company_name -> Text,
        contact_name -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        website -> Nullable<Text>,
        industry -> Nullable<Text>,
        employee_count -> Nullable<Int4>,
        annual_revenue_minor -> Nullable<Int8>,
        annual_revenue_currency -> Nullable<Text>,
        status -> Text,
        disqualify_reason -> Nullable<Text>,
        score -> Int4,
        source -> Text,
        owner_id -> Nullable<Uuid>,
        tags -> Array<Text>,
        notes -> Nullable<Text>,
        custom_fields -> Jsonb,
        first_touch -> Nullable<Jsonb>,
        last_touch -> Nullable<Jsonb>,
        consent -> Nullable<Jsonb>,
        import_id -> Nullable<Uuid>,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        last_activity_at -> Nullable<Timestamptz>,
        next_follow_up_at -> Nullable<Timestamptz>,
        follow_up_note -> Nullable<Text>,
        follow_up_raised_at -> Nullable<Timestamptz>,
        forgotten_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    leads.identities (tenant_id, kind, value) {
        tenant_id -> Uuid,
        kind -> Text,
        value -> Text,
        lead_id -> Uuid,
    }
}

diesel::table! {
    leads.contacts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        lead_id -> Uuid,
        name -> Text,
        role -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    leads.activities (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        lead_id -> Uuid,
        kind -> Text,
        text -> Text,
        at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    leads.fields (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        key -> Text,
        label -> Text,
        kind -> Text,
        choices -> Array<Text>,
        is_required -> Bool,
        is_unique -> Bool,
        default_value -> Nullable<Jsonb>,
        position -> Int4,
        passes_left -> Int2,
        indexed_to -> Nullable<Uuid>,
        archived_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    leads.likenesses (tenant_id, kind, key, lead_id) {
        tenant_id -> Uuid,
        kind -> Int2,
        key -> Text,
        lead_id -> Uuid,
        is_shared -> Bool,
    }
}

diesel::table! {
    leads.merges (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        lead_id -> Uuid,
        other_id -> Uuid,
        other_import_id -> Nullable<Uuid>,
        memory -> Jsonb,
        merged_by -> Nullable<Uuid>,
        merged_at -> Timestamptz,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    leads.assignment_rules (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        position -> Int4,
        method -> Text,
        sources -> Array<Text>,
        industries -> Array<Text>,
        regions -> Array<Text>,
        user_ids -> Array<Uuid>,
        turn -> Int8,
        is_active -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    leads.forms (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        form_key -> Text,
        language -> Text,
        asked -> Jsonb,
        origins -> Array<Text>,
        consent_number -> Nullable<Int4>,
        consent_is_required -> Bool,
        thanks_url -> Nullable<Text>,
        thanks_text -> Nullable<Text>,
        source -> Text,
        tags -> Array<Text>,
        on_duplicate -> Text,
        owner_id -> Nullable<Uuid>,
        is_active -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        archived_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    leads.form_consents (tenant_id, form_id, number) {
        tenant_id -> Uuid,
        form_id -> Uuid,
        number -> Int4,
        text -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    leads.form_results (tenant_id, form_id, day) {
        tenant_id -> Uuid,
        form_id -> Uuid,
        day -> Date,
        created -> Int4,
        duplicates -> Int4,
        refused -> Int4,
        spam -> Int4,
    }
}

use diesel::sql_types::{Array, SmallInt, Text, Uuid};

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "leads.note_likenesses"]
    fn note_likenesses(tenant: Uuid, lead: Uuid, kinds: Array<SmallInt>, keys: Array<Text>) -> Bool;
}

diesel::allow_tables_to_appear_in_same_query!(identities, leads);
diesel::allow_tables_to_appear_in_same_query!(form_consents, forms);
