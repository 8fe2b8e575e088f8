-- The import that brought a product.
ALTER TABLE billing.products ADD COLUMN import_id uuid;

-- One uploaded file on its way into products; as in billing.
CREATE TABLE billing.imports (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'undoing', 'undone')),
    dry_run boolean NOT NULL,
    -- Only a label; no file has this name on the server.
    file_name text NOT NULL,
    encoding text NOT NULL,
    separator text NOT NULL,
    -- [{"header", "field"}] in the order of the file's columns.
    mapping jsonb NOT NULL,
    settings jsonb NOT NULL,
    user_id uuid,
    correlation_id text NOT NULL,
    -- Where the next batch begins: bytes into the decoded text, and the row's number there.
    next_offset bigint NOT NULL,
    next_number integer NOT NULL,
    total integer NOT NULL,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    -- In both languages.
    failure jsonb,
    -- Counted when a worker takes the import up, so that one that kills the program counts; a finished batch clears it.
    attempts integer NOT NULL DEFAULT 0,
    -- The worker that goes on with it, so that several do not do the same work; the row's lock and place are the fence.
    lease_owner uuid,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    -- Who asked for its undoing, how far that is, and which records stay as they are; none while nobody asked.
    undo jsonb,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX imports_by_creation ON billing.imports (tenant_id, created_at, id);
CREATE INDEX imports_waiting ON billing.imports (tenant_id, created_at) WHERE status IN ('pending', 'running');
CREATE INDEX imports_undoing ON billing.imports (tenant_id, id) WHERE status = 'undoing';
SELECT platform.tenant_table('billing.imports', 'cauce_billing');
-- The products that an import brought, for lists and for its undoing.
CREATE INDEX products_by_import ON billing.products (tenant_id, import_id, id) WHERE import_id IS NOT NULL;

-- The file itself in pieces of at most 1 MiB, each written and read within the time of one statement; gone when it is done.
CREATE TABLE billing.import_chunks (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES billing.imports (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE billing.import_chunks ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT platform.tenant_table('billing.import_chunks', 'cauce_billing');

-- Rows that were not taken, by reason; the first ones of each reason by their number in the file.
CREATE TABLE billing.import_reasons (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    reason_key text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('skipped', 'refused')),
    -- In both languages.
    reason jsonb NOT NULL,
    count integer NOT NULL,
    rows integer[] NOT NULL,
    PRIMARY KEY (tenant_id, import_id, reason_key),
    FOREIGN KEY (tenant_id, import_id) REFERENCES billing.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('billing.import_reasons', 'cauce_billing');

-- The refused rows themselves, to be mended and imported again: [{"row", "cells", "reason"}], some hundred at a time.
CREATE TABLE billing.import_refused (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    -- The number of the first of them in the file.
    number integer NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES billing.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('billing.import_refused', 'cauce_billing');

-- What an import did to records that were there: before it and after it, so that it can be undone. One that it
-- brought itself and changed by a later row has no state before.
CREATE TABLE billing.import_changes (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    -- No foreign key: the record may be deleted.
    record_id uuid NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    PRIMARY KEY (tenant_id, import_id, record_id),
    FOREIGN KEY (tenant_id, import_id) REFERENCES billing.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('billing.import_changes', 'cauce_billing');

-- What the columns of a kind of file feed, kept for the next one.
CREATE TABLE billing.import_mappings (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    -- {"<column>": "<field>"}
    fields jsonb NOT NULL,
    -- A hash of the columns' names, by which the next file of the kind is recognised.
    headers_key text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX import_mappings_by_name ON billing.import_mappings (tenant_id, name);
CREATE INDEX import_mappings_by_headers ON billing.import_mappings (tenant_id, headers_key, updated_at);
SELECT platform.tenant_table('billing.import_mappings', 'cauce_billing');

-- The oldest import to go on with of each tenant that has none under way; identifiers only.
CREATE FUNCTION billing.imports_to_run(moment timestamptz) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT oldest.tenant_id, oldest.id
    FROM (
        SELECT DISTINCT ON (i.tenant_id) i.tenant_id, i.id, i.created_at
        FROM billing.imports i
        WHERE i.status IN ('pending', 'running')
          AND NOT EXISTS (
              SELECT FROM billing.imports busy
              WHERE busy.tenant_id = i.tenant_id AND busy.status IN ('pending', 'running')
                AND busy.leased_until >= moment)
        ORDER BY i.tenant_id, i.created_at, i.id
    ) oldest
    ORDER BY oldest.created_at LIMIT 10
$$;
-- Imports that are being undone; identifiers only.
CREATE FUNCTION billing.imports_to_undo() RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.tenant_id, i.id FROM billing.imports i WHERE i.status = 'undoing' LIMIT 10
$$;
CREATE POLICY lookup ON billing.imports AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, status, leased_until, created_at) ON billing.imports TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.imports_to_run(timestamptz), billing.imports_to_undo() FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.imports_to_run(timestamptz) OWNER TO cauce_lookup;
ALTER FUNCTION billing.imports_to_undo() OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.imports_to_run(timestamptz), billing.imports_to_undo() TO cauce_billing;

-- A file on its way in (tus): it becomes an import when it is whole, or is forgotten.
CREATE TABLE billing.import_uploads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    file_name text NOT NULL,
    -- What the client said of the file, as it said it.
    metadata text NOT NULL,
    -- Bytes of the file, and how many of them have arrived.
    length bigint NOT NULL,
    received bigint NOT NULL CHECK (received BETWEEN 0 AND length),
    created_at timestamptz NOT NULL,
    -- Whoever began it.
    user_id uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX import_uploads_by_age ON billing.import_uploads (created_at);
SELECT platform.tenant_table('billing.import_uploads', 'cauce_billing');

-- What has arrived, in pieces of 256 KiB; the last one may be shorter and is added to.
CREATE TABLE billing.import_upload_pieces (
    tenant_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, upload_id, number),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES billing.import_uploads (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE billing.import_upload_pieces ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT platform.tenant_table('billing.import_upload_pieces', 'cauce_billing');

-- Tenants with uploads that were begun before `moment`; a tenant may have uploads and no billing.
CREATE FUNCTION billing.tenants_with_uploads_before(moment timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT u.tenant_id FROM billing.import_uploads u WHERE u.created_at < moment
$$;
CREATE POLICY lookup ON billing.import_uploads AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, created_at) ON billing.import_uploads TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.tenants_with_uploads_before(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.tenants_with_uploads_before(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.tenants_with_uploads_before(timestamptz) TO cauce_billing;
