DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_leads') THEN
        CREATE ROLE cauce_leads NOLOGIN;
    END IF;
END
$$;
GRANT cauce_module TO cauce_leads;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE SCHEMA leads;
GRANT USAGE ON SCHEMA leads TO cauce_leads, cauce_lookup;

CREATE TABLE leads.leads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    company_name text NOT NULL,
    contact_name text,
    email text,
    phone text,
    website text,
    industry text,
    employee_count integer CHECK (employee_count >= 0),
    annual_revenue_minor bigint CHECK (annual_revenue_minor >= 0),
    annual_revenue_currency text,
    status text NOT NULL CHECK (status IN ('new', 'contacted', 'qualified', 'converted', 'disqualified')),
    disqualify_reason text,
    score integer NOT NULL CHECK (score BETWEEN 0 AND 100),
    source text NOT NULL,
    owner_id uuid,
    tags text[] NOT NULL,
    notes text,
    custom_fields jsonb NOT NULL,
    first_touch jsonb,
    last_touch jsonb,
    consent jsonb,
    import_id uuid,
    -- What is searched: names and e-mail without accents and capitals, and the digits of the phone.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_activity_at timestamptz,
    next_follow_up_at timestamptz,
    follow_up_note text,
    follow_up_raised_at timestamptz,
    forgotten_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    -- The real world has leads without e-mail, and leads without phone, but none without both.
    CHECK (email IS NOT NULL OR phone IS NOT NULL),
    CHECK ((annual_revenue_minor IS NULL) = (annual_revenue_currency IS NULL))
);
CREATE INDEX leads_by_creation ON leads.leads (tenant_id, created_at, id);
CREATE INDEX leads_by_change ON leads.leads (tenant_id, updated_at, id);
CREATE INDEX leads_by_score ON leads.leads (tenant_id, score, id);
CREATE INDEX leads_by_status ON leads.leads (tenant_id, status, created_at, id);
CREATE INDEX leads_by_owner ON leads.leads (tenant_id, owner_id, created_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX leads_by_follow_up ON leads.leads (tenant_id, next_follow_up_at, id) WHERE next_follow_up_at IS NOT NULL;
CREATE INDEX leads_by_company ON leads.leads (tenant_id, company_name, id);
CREATE INDEX leads_by_text ON leads.leads USING gin (tenant_id, search_text gin_trgm_ops);
CREATE INDEX leads_by_tag ON leads.leads USING gin (tenant_id, tags);
SELECT platform.tenant_table('leads.leads', 'cauce_leads');

-- Which lead an e-mail address or a phone number belongs to; what makes a second one a duplicate.
CREATE TABLE leads.identities (
    tenant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    value text NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, kind, value),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads.leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX identities_by_lead ON leads.identities (tenant_id, lead_id);
SELECT platform.tenant_table('leads.identities', 'cauce_leads');

CREATE TABLE leads.contacts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    name text NOT NULL,
    role text,
    email text,
    phone text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads.leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contacts_by_lead ON leads.contacts (tenant_id, lead_id, id);
SELECT platform.tenant_table('leads.contacts', 'cauce_leads');

CREATE TABLE leads.activities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'email', 'note', 'meeting', 'message')),
    text text NOT NULL,
    at timestamptz NOT NULL,
    user_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads.leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX activities_by_lead ON leads.activities (tenant_id, lead_id, at, id);
SELECT platform.tenant_table('leads.activities', 'cauce_leads');

-- LIKE and @> are not leakproof, so under row-level security they could not use an index. This function reads the
-- tenant itself and answers identifiers only; the caller reads the rows under its own policy.
CREATE FUNCTION leads.find(patterns text[], tag text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := current_setting('app.tenant_id')::uuid;
BEGIN
    IF patterns IS NULL THEN
        RETURN QUERY SELECT id FROM leads.leads WHERE tenant_id = tenant AND tags @> ARRAY[tag];
    ELSIF tag IS NULL THEN
        RETURN QUERY SELECT id FROM leads.leads WHERE tenant_id = tenant AND search_text LIKE ANY (patterns);
    ELSE
        RETURN QUERY SELECT id FROM leads.leads
            WHERE tenant_id = tenant AND search_text LIKE ANY (patterns) AND tags @> ARRAY[tag];
    END IF;
END
$$;
-- Which tenants have leads at all, by jumps over the primary key.
CREATE FUNCTION leads.tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE tenants AS (
        (SELECT tenant_id FROM leads.leads ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT l.tenant_id FROM leads.leads l WHERE l.tenant_id > t.tenant_id ORDER BY l.tenant_id LIMIT 1)
        FROM tenants t WHERE t.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM tenants WHERE tenant_id IS NOT NULL
$$;
CREATE POLICY lookup ON leads.leads AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, search_text, tags) ON leads.leads TO cauce_lookup;
REVOKE ALL ON FUNCTION leads.find(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leads.tenants() FROM PUBLIC;
GRANT CREATE ON SCHEMA leads TO cauce_lookup;
ALTER FUNCTION leads.find(text[], text) OWNER TO cauce_lookup;
ALTER FUNCTION leads.tenants() OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA leads FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION leads.find(text[], text), leads.tenants() TO cauce_leads;
