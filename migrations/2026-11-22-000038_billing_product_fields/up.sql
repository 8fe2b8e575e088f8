-- What a company keeps beside of a product: values by name.
ALTER TABLE billing.products ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '{}';
ALTER TABLE billing.products ALTER COLUMN custom_fields DROP DEFAULT;

-- The fields that a tenant defines for its products, and their values as lists find them; as in leads.
CREATE TABLE billing.fields (
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
CREATE UNIQUE INDEX fields_by_key ON billing.fields (tenant_id, key) WHERE archived_at IS NULL;
SELECT platform.tenant_table('billing.fields', 'cauce_billing');

CREATE TABLE billing.field_values (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    field_id uuid NOT NULL,
    number smallint NOT NULL,
    text_value text,
    number_value double precision,
    unique_key text,
    PRIMARY KEY (tenant_id, record_id, field_id, number),
    FOREIGN KEY (tenant_id, record_id) REFERENCES billing.products (tenant_id, id) ON DELETE CASCADE,
    CHECK ((text_value IS NULL) <> (number_value IS NULL))
);
CREATE INDEX field_values_by_text ON billing.field_values (tenant_id, field_id, text_value, record_id)
    WHERE text_value IS NOT NULL;
CREATE INDEX field_values_by_number ON billing.field_values (tenant_id, field_id, number_value, record_id)
    WHERE number_value IS NOT NULL;
CREATE UNIQUE INDEX field_values_unique ON billing.field_values (tenant_id, field_id, unique_key)
    WHERE unique_key IS NOT NULL;
SELECT platform.tenant_table('billing.field_values', 'cauce_billing');

-- Which tenants have products at all, by jumps over the primary key: their fields are kept up by themselves.
CREATE FUNCTION billing.tenants_with_products() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE tenants AS (
        (SELECT tenant_id FROM billing.products ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT p.tenant_id FROM billing.products p WHERE p.tenant_id > t.tenant_id ORDER BY p.tenant_id LIMIT 1)
        FROM tenants t WHERE t.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM tenants WHERE tenant_id IS NOT NULL
$$;
REVOKE ALL ON FUNCTION billing.tenants_with_products() FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.tenants_with_products() OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.tenants_with_products() TO cauce_billing;

-- One list of products on its way into a file; as in leads.
CREATE TABLE billing.exports (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    -- Filter, order and the columns asked for.
    query jsonb NOT NULL,
    -- The columns of the file; none before the first batch when nobody asked for any.
    fields text[],
    user_id uuid,
    correlation_id text NOT NULL,
    -- The cursor behind the last one that was read; none before the first and behind the last one.
    place text,
    is_read boolean NOT NULL DEFAULT false,
    pieces integer NOT NULL DEFAULT 0,
    rows integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    -- In both languages.
    failure jsonb,
    -- Counted when a worker takes the export up, so that one that kills the program counts; a finished batch clears it.
    attempts integer NOT NULL DEFAULT 0,
    lease_owner uuid,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX exports_by_creation ON billing.exports (tenant_id, created_at, id);
CREATE INDEX exports_waiting ON billing.exports (created_at) WHERE status IN ('pending', 'running');
SELECT platform.tenant_table('billing.exports', 'cauce_billing');

-- The file in pieces. Of a workbook they hold the rows as JSON until all are read, and then the file.
CREATE TABLE billing.export_pieces (
    tenant_id uuid NOT NULL,
    export_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, export_id, number),
    FOREIGN KEY (tenant_id, export_id) REFERENCES billing.exports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('billing.export_pieces', 'cauce_billing');

-- Exports that `worker` may go on with: its own, and those that nobody works on; identifiers only.
CREATE FUNCTION billing.exports_to_run(worker uuid, moment timestamptz) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.tenant_id, e.id FROM billing.exports e
    WHERE e.status IN ('pending', 'running')
      AND (e.lease_owner = worker OR e.leased_until IS NULL OR e.leased_until < moment)
    ORDER BY e.created_at LIMIT 3
$$;
CREATE POLICY lookup ON billing.exports AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, status, lease_owner, leased_until, created_at) ON billing.exports TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.exports_to_run(uuid, timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.exports_to_run(uuid, timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.exports_to_run(uuid, timestamptz) TO cauce_billing;
