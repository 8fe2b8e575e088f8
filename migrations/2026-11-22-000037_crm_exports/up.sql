-- One list of customers on its way into a file; as in leads.
CREATE TABLE crm.exports (
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
CREATE INDEX exports_by_creation ON crm.exports (tenant_id, created_at, id);
CREATE INDEX exports_waiting ON crm.exports (created_at) WHERE status IN ('pending', 'running');
SELECT platform.tenant_table('crm.exports', 'cauce_crm');

-- The file in pieces. Of a workbook they hold the rows as JSON until all are read, and then the file.
CREATE TABLE crm.export_pieces (
    tenant_id uuid NOT NULL,
    export_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, export_id, number),
    FOREIGN KEY (tenant_id, export_id) REFERENCES crm.exports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('crm.export_pieces', 'cauce_crm');

-- Exports that `worker` may go on with: its own, and those that nobody works on; identifiers only.
CREATE FUNCTION crm.exports_to_run(worker uuid, moment timestamptz) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.tenant_id, e.id FROM crm.exports e
    WHERE e.status IN ('pending', 'running')
      AND (e.lease_owner = worker OR e.leased_until IS NULL OR e.leased_until < moment)
    ORDER BY e.created_at LIMIT 3
$$;
CREATE POLICY lookup ON crm.exports AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, status, lease_owner, leased_until, created_at) ON crm.exports TO cauce_lookup;
REVOKE ALL ON FUNCTION crm.exports_to_run(uuid, timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA crm TO cauce_lookup;
ALTER FUNCTION crm.exports_to_run(uuid, timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA crm FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION crm.exports_to_run(uuid, timestamptz) TO cauce_crm;
