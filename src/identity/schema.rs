//! The tables of the PostgreSQL schema `identity`.

diesel::table! {
    identity.tenants (tenant_id) {
        tenant_id -> Uuid,
        slug -> Text,
        name -> Text,
        status -> Text,
        primary_color -> Nullable<Text>,
        secondary_color -> Nullable<Text>,
        logo_url -> Nullable<Text>,
        locale -> Text,
        currency -> Text,
        time_zone -> Text,
        country -> Text,
        tax_id -> Nullable<Text>,
        forgotten_after_days -> Int4,
        limits -> Jsonb,
        visibility -> Jsonb,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    identity.users (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Text,
        roles -> Array<Text>,
        status -> Text,
        password_hash -> Nullable<Text>,
        invitation_hash -> Nullable<Bytea>,
        invitation_expires_at -> Nullable<Timestamptz>,
        joined_at -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    identity.external_identities (tenant_id, issuer, subject) {
        tenant_id -> Uuid,
        issuer -> Text,
        subject -> Text,
        user_id -> Uuid,
        linked_at -> Timestamptz,
    }
}

diesel::table! {
    identity.sessions (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        last_used_at -> Timestamptz,
    }
}

diesel::table! {
    identity.refresh_tokens (tenant_id, session_id, token_hash) {
        tenant_id -> Uuid,
        session_id -> Uuid,
        token_hash -> Bytea,
        expires_at -> Timestamptz,
        spent_at -> Nullable<Timestamptz>,
        successor_salt -> Nullable<Bytea>,
    }
}

diesel::table! {
    identity.api_keys (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        name -> Text,
        prefix -> Text,
        key_hash -> Bytea,
        scopes -> Array<Text>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.second_factors (tenant_id, user_id) {
        tenant_id -> Uuid,
        user_id -> Uuid,
        seed -> Bytea,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    identity.recovery_codes (tenant_id, user_id, code_hash) {
        tenant_id -> Uuid,
        user_id -> Uuid,
        code_hash -> Bytea,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.password_resets (tenant_id, token_hash) {
        tenant_id -> Uuid,
        token_hash -> Bytea,
        user_id -> Uuid,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.mails (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        content -> Nullable<Bytea>,
        status -> Text,
        attempts -> Int4,
        next_at -> Timestamptz,
        expires_at -> Timestamptz,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.logos (tenant_id) {
        tenant_id -> Uuid,
        media_type -> Text,
        content -> Binary,
    }
}

diesel::table! {
    identity.teams (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        version -> Int4,
        name -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    identity.team_members (tenant_id, team_id, user_id) {
        tenant_id -> Uuid,
        team_id -> Uuid,
        user_id -> Uuid,
    }
}

diesel::allow_tables_to_appear_in_same_query!(tenants, users, sessions, api_keys);
