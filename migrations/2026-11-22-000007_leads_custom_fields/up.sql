-- The fields that a tenant defines for its leads; `leads.custom_fields` holds the values by key.
CREATE TABLE leads.fields (
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
    -- How often the records that were there before must still be looked through, and up to which one this was done.
    passes_left smallint NOT NULL,
    indexed_to uuid,
    -- From then on its key is free again, and its part of the index is cleared away.
    archived_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX fields_by_key ON leads.fields (tenant_id, key) WHERE archived_at IS NULL;
SELECT platform.tenant_table('leads.fields', 'cauce_leads');

-- The values as lists find and order them, one row for each chosen value. Comparisons of jsonb are not leakproof and
-- could use no index under row-level security; those of text and float8 are.
CREATE TABLE leads.field_values (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    -- No foreign key: its locks would make every writer of a tenant touch the same row.
    field_id uuid NOT NULL,
    number smallint NOT NULL,
    text_value text,
    -- Days are days since 1970.
    number_value double precision,
    unique_key text,
    PRIMARY KEY (tenant_id, record_id, field_id, number),
    FOREIGN KEY (tenant_id, record_id) REFERENCES leads.leads (tenant_id, id) ON DELETE CASCADE,
    CHECK ((text_value IS NULL) <> (number_value IS NULL))
);
CREATE INDEX field_values_by_text ON leads.field_values (tenant_id, field_id, text_value, record_id)
    WHERE text_value IS NOT NULL;
CREATE INDEX field_values_by_number ON leads.field_values (tenant_id, field_id, number_value, record_id)
    WHERE number_value IS NOT NULL;
CREATE UNIQUE INDEX field_values_unique ON leads.field_values (tenant_id, field_id, unique_key)
    WHERE unique_key IS NOT NULL;
SELECT platform.tenant_table('leads.field_values', 'cauce_leads');
