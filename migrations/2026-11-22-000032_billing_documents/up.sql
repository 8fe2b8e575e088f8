-- A version of a quotation as a file, in a language: made once, by whoever takes it up first.
CREATE TABLE billing.documents (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    revision integer NOT NULL,
    -- A draft is printed without a link, and says what it is.
    stage text NOT NULL CHECK (stage IN ('draft', 'sent')),
    language text NOT NULL,
    -- Counted when it is taken up, so that one that ends the program counts.
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    bytes integer,
    -- The file, until it is in the store of files under file_key.
    content bytea,
    file_key text,
    created_at timestamptz NOT NULL,
    made_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, quotation_id, revision, stage, language),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id),
    CHECK ((sha256 IS NULL) = (made_at IS NULL)),
    CHECK (sha256 IS NULL OR content IS NOT NULL OR file_key IS NOT NULL)
);
CREATE INDEX documents_to_make ON billing.documents (created_at) WHERE file_key IS NULL;
SELECT platform.tenant_table('billing.documents', 'cauce_billing');

-- What was made stays as it was made.
CREATE FUNCTION billing.guard_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sha256 IS NOT NULL AND (NEW.sha256, NEW.bytes, NEW.made_at) IS DISTINCT FROM (OLD.sha256, OLD.bytes, OLD.made_at) THEN
        RAISE EXCEPTION 'a document that was made stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'documents_made';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guarded BEFORE UPDATE ON billing.documents
    FOR EACH ROW EXECUTE FUNCTION billing.guard_document();

-- Documents that are not in the store of files yet, and that nobody works on; identifiers only.
CREATE FUNCTION billing.documents_to_make(moment timestamptz, most_attempts integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.tenant_id, d.id FROM billing.documents d
    WHERE d.file_key IS NULL AND d.attempts < most_attempts AND (d.leased_until IS NULL OR d.leased_until < moment)
    ORDER BY d.created_at LIMIT 16
$$;
CREATE POLICY lookup ON billing.documents AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, attempts, leased_until, file_key, created_at) ON billing.documents TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.documents_to_make(timestamptz, integer) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.documents_to_make(timestamptz, integer) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.documents_to_make(timestamptz, integer) TO cauce_billing;

-- Beside the hash of what was answered: that of the file that showed it, where it had been made.
ALTER TABLE billing.quotation_answers ADD COLUMN file_hash bytea CHECK (octet_length(file_hash) = 32);
