//! The tables of the PostgreSQL schema `crm`.

diesel::table! {
    crm.customers (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        kind -> Text,
        trade_name -> Text,
        legal_name -> Nullable<Text>,
        tax_country -> Nullable<Text>,
        tax_number -> Nullable<Text>,
        fiscal_regime -> Nullable<Text>,
        fiscal_address -> Nullable<Jsonb>,
        address -> Nullable<Jsonb>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        website -> Nullable<Text>,
        language -> Nullable<Text>,
        currency -> Nullable<Text>,
        parent_id -> Nullable<Uuid>,
        owner_id -> Nullable<Uuid>,
        tags -> Array<Text>,
        notes -> Nullable<Text>,
        custom_fields -> Jsonb,
        lead_id -> Nullable<Uuid>,
        status -> Text,
        churn_reason -> Nullable<Text>,
        churned_at -> Nullable<Timestamptz>,
        health_score -> Int4,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        last_activity_at -> Nullable<Timestamptz>,
        archived_at -> Nullable<Timestamptz>,
        import_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    crm.tax_ids (tenant_id, country, number) {
        tenant_id -> Uuid,
        country -> Text,
        number -> Text,
        customer_id -> Uuid,
    }
}

diesel::table! {
    crm.contacts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        name -> Text,
        role -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        is_primary -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    crm.activities (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        kind -> Text,
        text -> Text,
        at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    crm.contracts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        version -> Int4,
        title -> Text,
        status -> Text,
        value_minor -> Int8,
        arr_minor -> Int8,
        currency -> Text,
        billing_period -> Text,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        renews_on -> Nullable<Date>,
        notes -> Nullable<Text>,
        closing_reason -> Nullable<Text>,
        previous_id -> Nullable<Uuid>,
        activated_at -> Nullable<Timestamptz>,
        renewal_raised_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    crm.tasks (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        version -> Int4,
        title -> Text,
        notes -> Nullable<Text>,
        due_at -> Nullable<Timestamptz>,
        assignee_id -> Nullable<Uuid>,
        done_at -> Nullable<Timestamptz>,
        done_by -> Nullable<Uuid>,
        due_raised_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    crm.onboarding_templates (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        steps -> Jsonb,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    crm.onboardings (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        template_id -> Uuid,
        name -> Text,
        started_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    crm.onboarding_steps (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        onboarding_id -> Uuid,
        number -> Int4,
        title -> Text,
        description -> Nullable<Text>,
        due_at -> Nullable<Timestamptz>,
        done_at -> Nullable<Timestamptz>,
        done_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    crm.invoice_signs (tenant_id, invoice_id) {
        tenant_id -> Uuid,
        invoice_id -> Uuid,
        customer_id -> Uuid,
        due_on -> Date,
        was_overdue -> Bool,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    crm.health (tenant_id, customer_id) {
        tenant_id -> Uuid,
        customer_id -> Uuid,
        reasons -> Jsonb,
        checked_at -> Timestamptz,
    }
}

diesel::table! {
    crm.health_history (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        customer_id -> Uuid,
        score -> Int4,
        reasons -> Jsonb,
        at -> Timestamptz,
    }
}
