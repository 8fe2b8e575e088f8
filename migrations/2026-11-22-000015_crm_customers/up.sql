CREATE TABLE crm.customers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('company', 'person')),
    trade_name text NOT NULL,
    legal_name text,
    tax_country text,
    tax_number text,
    -- A key of the SAT's list, so only beside a Mexican tax identifier.
    fiscal_regime text,
    fiscal_address jsonb,
    address jsonb,
    email text,
    phone text,
    website text,
    language text,
    currency text,
    parent_id uuid,
    owner_id uuid,
    tags text[] NOT NULL,
    notes text,
    custom_fields jsonb NOT NULL,
    -- The lead that it was. Leads are another module's, so there is no foreign key.
    lead_id uuid,
    status text NOT NULL CHECK (status IN ('active', 'churned')),
    churn_reason text,
    churned_at timestamptz,
    health_score integer NOT NULL CHECK (health_score BETWEEN 0 AND 100),
    -- What is searched: names, e-mail and tax identifier without accents and capitals, and the digits of the phone.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_activity_at timestamptz,
    archived_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES crm.customers (tenant_id, id),
    CHECK ((tax_country IS NULL) = (tax_number IS NULL)),
    CHECK (fiscal_regime IS NULL OR tax_country = 'MX'),
    CHECK (parent_id <> id),
    CHECK ((status = 'churned') = (churned_at IS NOT NULL))
);
CREATE INDEX customers_by_creation ON crm.customers (tenant_id, created_at, id);
CREATE INDEX customers_by_change ON crm.customers (tenant_id, updated_at, id);
CREATE INDEX customers_by_name ON crm.customers (tenant_id, trade_name, id);
CREATE INDEX customers_by_health ON crm.customers (tenant_id, health_score, id);
CREATE INDEX customers_by_owner ON crm.customers (tenant_id, owner_id, created_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX customers_by_parent ON crm.customers (tenant_id, parent_id, id) WHERE parent_id IS NOT NULL;
-- A lead becomes one customer.
CREATE UNIQUE INDEX customers_by_lead ON crm.customers (tenant_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX customers_by_text ON crm.customers USING gin (tenant_id, search_text gin_trgm_ops);
CREATE INDEX customers_by_tag ON crm.customers USING gin (tenant_id, tags);
SELECT platform.tenant_table('crm.customers', 'cauce_crm');

-- Which customer a tax identifier belongs to; what makes a second one a duplicate. Identifiers that stand for many
-- (the general public, foreigners) and those of archived customers are not here.
CREATE TABLE crm.tax_ids (
    tenant_id uuid NOT NULL,
    country text NOT NULL,
    number text NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, country, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX tax_ids_by_customer ON crm.tax_ids (tenant_id, customer_id);
SELECT platform.tenant_table('crm.tax_ids', 'cauce_crm');

CREATE TABLE crm.contacts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    name text NOT NULL,
    role text,
    email text,
    phone text,
    is_primary boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contacts_by_customer ON crm.contacts (tenant_id, customer_id, id);
CREATE UNIQUE INDEX contacts_primary ON crm.contacts (tenant_id, customer_id) WHERE is_primary;
SELECT platform.tenant_table('crm.contacts', 'cauce_crm');

CREATE TABLE crm.activities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'email', 'note', 'meeting', 'message')),
    text text NOT NULL,
    at timestamptz NOT NULL,
    user_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX activities_by_customer ON crm.activities (tenant_id, customer_id, at, id);
SELECT platform.tenant_table('crm.activities', 'cauce_crm');

-- The fields that a tenant defines for its customers, and their values as lists find them; as in leads.
CREATE TABLE crm.fields (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    label text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('text', 'number', 'date', 'boolean', 'choice', 'multi_choice')),
    choices text[] NOT NULL,
    is_required boolean NOT NULL,
    is_unique boolean NOT NULL,
    default_value jsonb,
    position integer NOT NULL,
    passes_left smallint NOT NULL,
    indexed_to uuid,
    archived_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX fields_by_key ON crm.fields (tenant_id, key) WHERE archived_at IS NULL;
SELECT platform.tenant_table('crm.fields', 'cauce_crm');

CREATE TABLE crm.field_values (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    field_id uuid NOT NULL,
    number smallint NOT NULL,
    text_value text,
    number_value double precision,
    unique_key text,
    PRIMARY KEY (tenant_id, record_id, field_id, number),
    FOREIGN KEY (tenant_id, record_id) REFERENCES crm.customers (tenant_id, id) ON DELETE CASCADE,
    CHECK ((text_value IS NULL) <> (number_value IS NULL))
);
CREATE INDEX field_values_by_text ON crm.field_values (tenant_id, field_id, text_value, record_id)
    WHERE text_value IS NOT NULL;
CREATE INDEX field_values_by_number ON crm.field_values (tenant_id, field_id, number_value, record_id)
    WHERE number_value IS NOT NULL;
CREATE UNIQUE INDEX field_values_unique ON crm.field_values (tenant_id, field_id, unique_key)
    WHERE unique_key IS NOT NULL;
SELECT platform.tenant_table('crm.field_values', 'cauce_crm');

-- As leads.find: LIKE and @> are not leakproof, so under row-level security they could not use an index.
CREATE FUNCTION crm.find(patterns text[], tag text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := current_setting('app.tenant_id')::uuid;
BEGIN
    IF patterns IS NULL THEN
        RETURN QUERY SELECT id FROM crm.customers WHERE tenant_id = tenant AND tags @> ARRAY[tag];
    ELSIF tag IS NULL THEN
        RETURN QUERY SELECT id FROM crm.customers WHERE tenant_id = tenant AND search_text LIKE ANY (patterns);
    ELSE
        RETURN QUERY SELECT id FROM crm.customers
            WHERE tenant_id = tenant AND search_text LIKE ANY (patterns) AND tags @> ARRAY[tag];
    END IF;
END
$$;
-- Which tenants have customers at all, by jumps over the primary key.
CREATE FUNCTION crm.tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE tenants AS (
        (SELECT tenant_id FROM crm.customers ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT c.tenant_id FROM crm.customers c WHERE c.tenant_id > t.tenant_id ORDER BY c.tenant_id LIMIT 1)
        FROM tenants t WHERE t.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM tenants WHERE tenant_id IS NOT NULL
$$;
CREATE POLICY lookup ON crm.customers AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, search_text, tags) ON crm.customers TO cauce_lookup;
REVOKE ALL ON FUNCTION crm.find(text[], text), crm.tenants() FROM PUBLIC;
GRANT CREATE ON SCHEMA crm TO cauce_lookup;
ALTER FUNCTION crm.find(text[], text) OWNER TO cauce_lookup;
ALTER FUNCTION crm.tenants() OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA crm FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION crm.find(text[], text), crm.tenants() TO cauce_crm;
