-- One uploaded file on its way into leads.
CREATE TABLE leads.imports (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'undone')),
    file_name text NOT NULL,
    content bytea,
    options jsonb NOT NULL,
    user_id uuid,
    correlation_id text NOT NULL,
    -- How many rows have been decided; the next batch begins behind them.
    rows_done integer NOT NULL DEFAULT 0,
    total integer NOT NULL,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    failure text,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX imports_by_creation ON leads.imports (tenant_id, created_at, id);
CREATE INDEX imports_waiting ON leads.imports (tenant_id, created_at) WHERE status IN ('pending', 'running');
SELECT platform.tenant_table('leads.imports', 'cauce_leads');

-- Rows that were not taken, by reason; the first ones of each reason by their line in the file.
CREATE TABLE leads.import_reasons (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    reason jsonb NOT NULL,
    reason_key text NOT NULL,
    count integer NOT NULL,
    rows integer[] NOT NULL,
    PRIMARY KEY (tenant_id, import_id, reason_key),
    FOREIGN KEY (tenant_id, import_id) REFERENCES leads.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.import_reasons', 'cauce_leads');

-- Which tenants have imports to go on with, and leads whose follow-up is due; identifiers only.
CREATE FUNCTION leads.imports_to_run(moment timestamptz) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.tenant_id, i.id FROM leads.imports i
    WHERE i.status IN ('pending', 'running') AND (i.leased_until IS NULL OR i.leased_until < moment)
    ORDER BY i.created_at LIMIT 10
$$;
CREATE POLICY lookup ON leads.imports AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, status, leased_until, created_at) ON leads.imports TO cauce_lookup;
REVOKE ALL ON FUNCTION leads.imports_to_run(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA leads TO cauce_lookup;
ALTER FUNCTION leads.imports_to_run(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA leads FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION leads.imports_to_run(timestamptz) TO cauce_leads;
