DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_identity') THEN
        CREATE ROLE cauce_identity NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_identity;

CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO cauce_identity, cauce_lookup;

-- A company; its id is the tenant_id of every other table.
CREATE TABLE identity.tenants (
    tenant_id uuid PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'suspended')),
    primary_color text,
    secondary_color text,
    logo_url text,
    locale text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    country text NOT NULL,
    tax_id text,
    forgotten_after_days integer NOT NULL CHECK (forgotten_after_days BETWEEN 1 AND 3650),
    -- The tenant's own request limits, by name; a name that is missing has the instance's default.
    limits jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'object'),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
SELECT platform.tenant_table('identity.tenants', 'cauce_identity');

CREATE TABLE identity.users (
    tenant_id uuid NOT NULL REFERENCES identity.tenants (tenant_id),
    id uuid NOT NULL,
    email text NOT NULL,
    -- The address in the form by which two spellings are one mailbox.
    email_key text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL CHECK (
        cardinality(roles) > 0
        AND roles <@ ARRAY['OWNER', 'ADMIN', 'SALES', 'MARKETING', 'BILLING', 'VIEWER']
    ),
    status text NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
    password_hash text,
    -- It stays after it was used, so that a repeated request under an idempotency key finds its answer.
    invitation_hash bytea,
    invitation_expires_at timestamptz,
    joined_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_email UNIQUE (tenant_id, email_key),
    CHECK (status <> 'active' OR joined_at IS NOT NULL)
);
-- For the functions that look across tenants.
CREATE INDEX users_by_email ON identity.users (email_key);
CREATE INDEX users_by_invitation ON identity.users (invitation_hash) WHERE invitation_hash IS NOT NULL;
SELECT platform.tenant_table('identity.users', 'cauce_identity');

-- A person at an external OpenID Connect issuer.
CREATE TABLE identity.external_identities (
    tenant_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, issuer, subject),
    CONSTRAINT external_identities_one_per_user UNIQUE (tenant_id, user_id, issuer),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
CREATE INDEX external_identities_by_subject ON identity.external_identities (issuer, subject);
SELECT platform.tenant_table('identity.external_identities', 'cauce_identity');

-- One signing-in of a user: the family of its refresh tokens.
CREATE TABLE identity.sessions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
CREATE INDEX sessions_by_user ON identity.sessions (tenant_id, user_id, expires_at);
SELECT platform.tenant_table('identity.sessions', 'cauce_identity');

CREATE TABLE identity.refresh_tokens (
    tenant_id uuid NOT NULL,
    session_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Set when the token is spent; with the salt, only its holder can tell its successor again.
    spent_at timestamptz,
    successor_salt bytea,
    PRIMARY KEY (tenant_id, session_id, token_hash),
    FOREIGN KEY (tenant_id, session_id) REFERENCES identity.sessions (tenant_id, id) ON DELETE CASCADE,
    CHECK ((spent_at IS NULL) = (successor_salt IS NULL))
);
CREATE INDEX refresh_tokens_by_hash ON identity.refresh_tokens (token_hash);
SELECT platform.tenant_table('identity.refresh_tokens', 'cauce_identity');

CREATE TABLE identity.api_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    -- The first part of the key, by which people tell their keys apart.
    prefix text NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES identity.users (tenant_id, id)
);
CREATE INDEX api_keys_by_hash ON identity.api_keys (key_hash);
SELECT platform.tenant_table('identity.api_keys', 'cauce_identity');

-- What must be one of a kind among all tenants. Both tables are reached only through the functions below.
CREATE TABLE identity.slugs (
    slug text PRIMARY KEY,
    tenant_id uuid NOT NULL
);
CREATE TABLE identity.signups (
    key_hash bytea PRIMARY KEY,
    fingerprint bytea NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX signups_by_age ON identity.signups (created_at);

-- Before somebody is known, no tenant is: these functions look across tenants, and answer ids and hashes only.
GRANT SELECT (tenant_id, slug, status) ON identity.tenants TO cauce_lookup;
GRANT SELECT (tenant_id, id, email_key, status, password_hash, invitation_hash) ON identity.users TO cauce_lookup;
GRANT SELECT (tenant_id, issuer, subject, user_id) ON identity.external_identities TO cauce_lookup;
GRANT SELECT (tenant_id, id, user_id) ON identity.sessions TO cauce_lookup;
GRANT SELECT (tenant_id, session_id, token_hash) ON identity.refresh_tokens TO cauce_lookup;
GRANT SELECT (tenant_id, id, user_id, key_hash) ON identity.api_keys TO cauce_lookup;
GRANT SELECT, INSERT ON identity.slugs TO cauce_lookup;
GRANT SELECT, INSERT, DELETE ON identity.signups TO cauce_lookup;
CREATE POLICY lookup ON identity.tenants AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.users AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.external_identities AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.sessions AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.refresh_tokens AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON identity.api_keys AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);

-- The oldest come first, so that later sign-ups with somebody's address never push them out of the list.
CREATE FUNCTION identity.find_logins(wanted_email text, wanted_slug text)
RETURNS TABLE (tenant_id uuid, user_id uuid, slug text, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.id, t.slug, u.password_hash
    FROM identity.users u JOIN identity.tenants t ON t.tenant_id = u.tenant_id
    WHERE u.email_key = wanted_email AND u.status = 'active' AND u.password_hash IS NOT NULL
      AND t.status = 'active' AND (wanted_slug IS NULL OR t.slug = wanted_slug)
    ORDER BY u.id LIMIT 8
$$;

-- For commands of the operator, who names a company as its people do.
CREATE FUNCTION identity.find_tenant(wanted_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.tenant_id FROM identity.tenants t WHERE t.slug = wanted_slug AND t.status = 'active'
$$;

CREATE FUNCTION identity.find_refresh_token(wanted_hash bytea)
RETURNS TABLE (tenant_id uuid, user_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.tenant_id, s.user_id, s.id
    FROM identity.refresh_tokens r JOIN identity.sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
    WHERE r.token_hash = wanted_hash
$$;

CREATE FUNCTION identity.find_api_key(wanted_hash bytea)
RETURNS TABLE (tenant_id uuid, user_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.tenant_id, k.user_id, k.id FROM identity.api_keys k WHERE k.key_hash = wanted_hash
$$;

CREATE FUNCTION identity.find_invitation(wanted_hash bytea)
RETURNS TABLE (tenant_id uuid, user_id uuid, item_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.id, u.id FROM identity.users u WHERE u.invitation_hash = wanted_hash
$$;

CREATE FUNCTION identity.find_external(wanted_issuer text, wanted_subject text, wanted_slug text)
RETURNS TABLE (tenant_id uuid, user_id uuid, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.tenant_id, e.user_id, t.slug
    FROM identity.external_identities e JOIN identity.tenants t ON t.tenant_id = e.tenant_id
    WHERE e.issuer = wanted_issuer AND e.subject = wanted_subject
      AND t.status = 'active' AND (wanted_slug IS NULL OR t.slug = wanted_slug)
    ORDER BY e.user_id LIMIT 8
$$;

-- Whom an external identity may be linked to: nobody who is linked to that issuer already.
CREATE FUNCTION identity.find_unlinked(wanted_issuer text, wanted_email text, wanted_slug text)
RETURNS TABLE (tenant_id uuid, user_id uuid, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.id, t.slug
    FROM identity.users u JOIN identity.tenants t ON t.tenant_id = u.tenant_id
    WHERE u.email_key = wanted_email AND u.status IN ('invited', 'active')
      AND t.status = 'active' AND (wanted_slug IS NULL OR t.slug = wanted_slug)
      AND NOT EXISTS (
          SELECT FROM identity.external_identities e
          WHERE e.tenant_id = u.tenant_id AND e.user_id = u.id AND e.issuer = wanted_issuer)
    ORDER BY u.id LIMIT 8
$$;

-- Takes WANTED for the tenant of the transaction; false when another tenant has it.
CREATE FUNCTION identity.claim_slug(wanted text) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH claimed AS (
        INSERT INTO identity.slugs (slug, tenant_id)
        VALUES (wanted, current_setting('app.tenant_id')::uuid)
        ON CONFLICT DO NOTHING RETURNING true
    )
    SELECT EXISTS (SELECT FROM claimed)
$$;

-- Takes an idempotency key for the sign-up of this transaction's tenant, and answers whose it is. Keys are good for a day.
CREATE FUNCTION identity.claim_signup(wanted_key bytea, wanted_fingerprint bytea, wanted_user uuid, at_time timestamptz)
RETURNS TABLE (tenant_id uuid, user_id uuid, fingerprint bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM identity.signups s WHERE s.created_at < at_time - interval '24 hours';
    INSERT INTO identity.signups (key_hash, fingerprint, tenant_id, user_id, created_at)
    VALUES (wanted_key, wanted_fingerprint, current_setting('app.tenant_id')::uuid, wanted_user, at_time)
    ON CONFLICT (key_hash) DO NOTHING;
    RETURN QUERY
        SELECT s.tenant_id, s.user_id, s.fingerprint FROM identity.signups s WHERE s.key_hash = wanted_key;
END
$$;

-- A function's new owner needs CREATE on its schema at that moment, and only then.
GRANT CREATE ON SCHEMA identity TO cauce_lookup;
DO $$
DECLARE
    lookup regprocedure;
BEGIN
    FOR lookup IN
        SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'identity'::regnamespace AND p.prosecdef
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', lookup);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cauce_identity', lookup);
        EXECUTE format('ALTER FUNCTION %s OWNER TO cauce_lookup', lookup);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA identity FROM cauce_lookup;
