-- Forms of a company's web pages: whoever knows the key may send answers, which become leads.
CREATE TABLE leads.forms (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    -- Random, and in the pages for everybody to see; another one makes copies of the old one worthless.
    form_key text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    -- [{"name", "label", "required"}] in their order.
    asked jsonb NOT NULL,
    origins text[] NOT NULL,
    -- The number of the consent text in force; none when nobody is asked.
    consent_number integer,
    consent_is_required boolean NOT NULL,
    thanks_url text,
    thanks_text text,
    source text NOT NULL,
    tags text[] NOT NULL,
    on_duplicate text NOT NULL CHECK (on_duplicate IN ('note', 'update')),
    -- Who gets the leads; none for the assignment rules.
    owner_id uuid,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- From then on nobody finds it any more.
    archived_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX forms_by_key ON leads.forms (form_key);
SELECT platform.tenant_table('leads.forms', 'cauce_leads');

-- Every text that a form ever asked people to agree to; none of them changes.
CREATE TABLE leads.form_consents (
    tenant_id uuid NOT NULL,
    form_id uuid NOT NULL,
    number integer NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, form_id, number),
    FOREIGN KEY (tenant_id, form_id) REFERENCES leads.forms (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.form_consents', 'cauce_leads');

-- What came of the answers to a form, by day (UTC).
CREATE TABLE leads.form_results (
    tenant_id uuid NOT NULL,
    form_id uuid NOT NULL,
    day date NOT NULL,
    created integer NOT NULL,
    duplicates integer NOT NULL,
    refused integer NOT NULL,
    spam integer NOT NULL,
    PRIMARY KEY (tenant_id, form_id, day),
    FOREIGN KEY (tenant_id, form_id) REFERENCES leads.forms (tenant_id, id) ON DELETE CASCADE
);
SELECT platform.tenant_table('leads.form_results', 'cauce_leads');

-- Whoever answers a form is nobody's user: the key tells whose form it is. Identifiers only.
CREATE FUNCTION leads.find_form(wanted_key text) RETURNS TABLE (tenant_id uuid, form_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.tenant_id, f.id FROM leads.forms f WHERE f.form_key = wanted_key AND f.archived_at IS NULL
$$;
CREATE POLICY lookup ON leads.forms AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, form_key, archived_at) ON leads.forms TO cauce_lookup;
REVOKE ALL ON FUNCTION leads.find_form(text) FROM PUBLIC;
GRANT CREATE ON SCHEMA leads TO cauce_lookup;
ALTER FUNCTION leads.find_form(text) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA leads FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION leads.find_form(text) TO cauce_leads;
