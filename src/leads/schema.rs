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
    leads.imports (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        status -> Text,
        dry_run -> Bool,
        file_name -> Text,
        encoding -> Text,
        separator -> Text,
        mapping -> Jsonb,
        settings -> Jsonb,
        user_id -> Nullable<Uuid>,
        correlation_id -> Text,
        next_offset -> Int8,
        next_number -> Int4,
        total -> Int4,
        created -> Int4,
        updated -> Int4,
        skipped -> Int4,
        refused -> Int4,
        failure -> Nullable<Jsonb>,
        attempts -> Int4,
        lease_owner -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        undo -> Nullable<Jsonb>,
    }
}

diesel::table! {
    leads.import_chunks (tenant_id, import_id, number) {
        tenant_id -> Uuid,
        import_id -> Uuid,
        number -> Int4,
        content -> Binary,
    }
}

diesel::table! {
    leads.import_reasons (tenant_id, import_id, reason_key) {
        tenant_id -> Uuid,
        import_id -> Uuid,
        reason_key -> Text,
        outcome -> Text,
        reason -> Jsonb,
        count -> Int4,
        rows -> Array<Int4>,
    }
}

diesel::table! {
    leads.import_refused (tenant_id, import_id, number) {
        tenant_id -> Uuid,
        import_id -> Uuid,
        number -> Int4,
        content -> Jsonb,
    }
}

diesel::table! {
    leads.import_changes (tenant_id, import_id, lead_id) {
        tenant_id -> Uuid,
        import_id -> Uuid,
        lead_id -> Uuid,
        before -> Nullable<Jsonb>,
        after -> Jsonb,
    }
}

diesel::table! {
    leads.import_mappings (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        fields -> Jsonb,
        headers_key -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    leads.import_uploads (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        file_name -> Text,
        metadata -> Text,
        length -> Int8,
        received -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    leads.import_upload_pieces (tenant_id, upload_id, number) {
        tenant_id -> Uuid,
        upload_id -> Uuid,
        number -> Int4,
        content -> Binary,
    }
}

diesel::table! {
    leads.exports (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        status -> Text,
        format -> Text,
        query -> Jsonb,
        fields -> Nullable<Array<Text>>,
        user_id -> Nullable<Uuid>,
        correlation_id -> Text,
        place -> Nullable<Text>,
        is_read -> Bool,
        pieces -> Int4,
        rows -> Int4,
        bytes -> Int8,
        failure -> Nullable<Jsonb>,
        attempts -> Int4,
        lease_owner -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    leads.export_pieces (tenant_id, export_id, number) {
        tenant_id -> Uuid,
        export_id -> Uuid,
        number -> Int4,
        content -> Binary,
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

diesel::allow_tables_to_appear_in_same_query!(identities, leads);
diesel::allow_tables_to_appear_in_same_query!(form_consents, forms);
