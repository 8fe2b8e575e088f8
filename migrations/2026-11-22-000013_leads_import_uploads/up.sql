-- A file on its way in (tus): it becomes an import when it is whole, or is forgotten.
CREATE TABLE leads.import_uploads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    file_name text NOT NULL,
    -- What the client said of the file, as it said it.
    metadata text NOT NULL,
    -- Bytes of the file, and how many of them have arrived.
    length bigint NOT NULL,
    received bigint NOT NULL CHECK (received BETWEEN 0 AND length),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX import_uploads_by_age ON leads.import_uploads (created_at);
SELECT platform.tenant_table('leads.import_uploads', 'cauce_leads');

-- What has arrived, in pieces of 256 KiB; the last one may be shorter and is added to.
CREATE TABLE leads.import_upload_pieces (
    tenant_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, upload_id, number),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES leads.import_uploads (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE leads.import_upload_pieces ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT platform.tenant_table('leads.import_upload_pieces', 'cauce_leads');

-- Tenants with uploads that were begun before `moment`; a tenant may have uploads and no leads.
CREATE FUNCTION leads.tenants_with_uploads_before(moment timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT u.tenant_id FROM leads.import_uploads u WHERE u.created_at < moment
$$;
CREATE POLICY lookup ON leads.import_uploads AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, created_at) ON leads.import_uploads TO cauce_lookup;
REVOKE ALL ON FUNCTION leads.tenants_with_uploads_before(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA leads TO cauce_lookup;
ALTER FUNCTION leads.tenants_with_uploads_before(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA leads FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION leads.tenants_with_uploads_before(timestamptz) TO cauce_leads;
