-- One uploaded file on its way into leads.
CREATE TABLE leads.imports (
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
    -- Who asked for its undoing, how far that is, and which leads stay as they are; none while nobody asked.
    undo jsonb,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX imports_by_creation ON leads.imports (tenant_id, created_at, id);
CREATE INDEX imports_waiting ON leads.imports (tenant_id, created_at) WHERE status IN ('pending', 'running');
CREATE INDEX imports_undoing ON leads.imports (tenant_id, id) WHERE status = 'undoing';
SELECT platform.tenant_table('leads.imports', 'cauce_leads');
-- The leads that an import brought, for lists and for its undoing.
CREATE INDEX leads_by_import ON leads.leads (tenant_id, import_id, id) WHERE import_id IS NOT NULL;

-- The file itself in pieces of at most 1 MiB, each written and read within the time of one statement; gone when it is done.
CREATE TABLE leads.import_chunks (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES leads.imports (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE leads.import_chunks ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT platform.tenant_table('leads.import_chunks', 'cauce_leads');

-- Rows that were not taken, by reason; the first ones of each reason by their number in the file.
CREATE TABLE leads.import_reasons (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    reason_key text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('skipped', 'refused')),
    -- In both languages.
    reason jsonb NOT NULL,
    count integer NOT NULL,
    rows integer[] NOT NULL,
    PRIMARY KEY (tenant_id, import_id, reason_key),
    FOREIGN KEY (tenant_id, import_id) REFERENCES leads.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.import_reasons', 'cauce_leads');

-- The refused rows themselves, to be mended and imported again: [{"row", "cells", "reason"}], some hundred at a time.
CREATE TABLE leads.import_refused (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    -- The number of the first of them in the file.
    number integer NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES leads.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.import_refused', 'cauce_leads');

-- What an import did to leads that were there: the lead before it and after it, so that it can be undone. A lead that it
-- brought itself and changed by a later row has no state before.
CREATE TABLE leads.import_changes (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    -- No foreign key: the lead may be deleted.
    lead_id uuid NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    PRIMARY KEY (tenant_id, import_id, lead_id),
    FOREIGN KEY (tenant_id, import_id) REFERENCES leads.imports (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.import_changes', 'cauce_leads');

-- What the columns of a kind of file feed, kept for the next one.
CREATE TABLE leads.import_mappings (
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
CREATE UNIQUE INDEX import_mappings_by_name ON leads.import_mappings (tenant_id, name);
CREATE INDEX import_mappings_by_headers ON leads.import_mappings (tenant_id, headers_key, updated_at);
SELECT platform.tenant_table('leads.import_mappings', 'cauce_leads');

-- The oldest import to go on with of each tenant that has none under way; identifiers only.
CREATE FUNCTION leads.imports_to_run(moment timestamptz) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT oldest.tenant_id, oldest.id
    FROM (
        SELECT DISTINCT ON (i.tenant_id) i.tenant_id, i.id, i.created_at
        FROM leads.imports i
        WHERE i.status IN ('pending', 'running')
          AND NOT EXISTS (
              SELECT FROM leads.imports busy
              WHERE busy.tenant_id = i.tenant_id AND busy.status IN ('pending', 'running')
                AND busy.leased_until >= moment)
        ORDER BY i.tenant_id, i.created_at, i.id
    ) oldest
    ORDER BY oldest.created_at LIMIT 10
$$;
-- Imports that are being undone; identifiers only.
CREATE FUNCTION leads.imports_to_undo() RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.tenant_id, i.id FROM leads.imports i WHERE i.status = 'undoing' LIMIT 10
$$;
CREATE POLICY lookup ON leads.imports AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, status, leased_until, created_at) ON leads.imports TO cauce_lookup;
REVOKE ALL ON FUNCTION leads.imports_to_run(timestamptz), leads.imports_to_undo() FROM PUBLIC;
GRANT CREATE ON SCHEMA leads TO cauce_lookup;
ALTER FUNCTION leads.imports_to_run(timestamptz) OWNER TO cauce_lookup;
ALTER FUNCTION leads.imports_to_undo() OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA leads FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION leads.imports_to_run(timestamptz), leads.imports_to_undo() TO cauce_leads;
