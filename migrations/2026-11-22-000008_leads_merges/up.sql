-- By what a lead is like others, in normal form; several leads of one key may be the same one. Written by a reader of the
-- log. `is_shared` is set when a second lead comes to a key, so that lists look at shared keys only.
CREATE TABLE leads.likenesses (
    tenant_id uuid NOT NULL,
    -- 1: e-mail, 2: phone, 3: company and place.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    key text NOT NULL,
    lead_id uuid NOT NULL,
    is_shared boolean NOT NULL,
    PRIMARY KEY (tenant_id, kind, key, lead_id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads.leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX likenesses_by_lead ON leads.likenesses (tenant_id, lead_id);
CREATE INDEX likenesses_shared ON leads.likenesses (tenant_id, kind, key, lead_id) WHERE is_shared;
SELECT platform.tenant_table('leads.likenesses', 'cauce_leads');

-- Replaces what LEAD is like, and tells the leads that are like it.
CREATE FUNCTION leads.note_likenesses(tenant uuid, lead uuid, kinds smallint[], keys text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    WITH mine AS (
        SELECT * FROM unnest(kinds, keys) AS m (kind, key)
    ), gone AS (
        DELETE FROM leads.likenesses l WHERE l.tenant_id = tenant AND l.lead_id = lead
          AND NOT EXISTS (SELECT FROM mine m WHERE m.kind = l.kind AND m.key = l.key)
    ), told AS (
        UPDATE leads.likenesses l SET is_shared = true FROM mine m
        WHERE l.tenant_id = tenant AND l.kind = m.kind AND l.key = m.key AND l.lead_id <> lead AND NOT l.is_shared
    )
    INSERT INTO leads.likenesses (tenant_id, kind, key, lead_id, is_shared)
    SELECT tenant, m.kind, m.key, lead, EXISTS (
        SELECT FROM leads.likenesses l
        WHERE l.tenant_id = tenant AND l.kind = m.kind AND l.key = m.key AND l.lead_id <> lead)
    FROM mine m ON CONFLICT (tenant_id, kind, key, lead_id) DO UPDATE SET is_shared = excluded.is_shared
    WHERE likenesses.is_shared <> excluded.is_shared;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION leads.note_likenesses(uuid, uuid, smallint[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leads.note_likenesses(uuid, uuid, smallint[], text[]) TO cauce_leads;

-- Two leads that became one, with what they were, so that it can be undone for 30 days.
CREATE TABLE leads.merges (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The lead that stayed. No foreign key: it may be deleted.
    lead_id uuid NOT NULL,
    -- The lead that went into it.
    other_id uuid NOT NULL,
    -- The import that had brought it.
    other_import_id uuid,
    -- Both leads before, the one after, and which contacts and activities moved.
    memory jsonb NOT NULL,
    merged_by uuid,
    merged_at timestamptz NOT NULL,
    undone_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX merges_by_time ON leads.merges (tenant_id, merged_at, id);
CREATE INDEX merges_by_other ON leads.merges (tenant_id, other_id);
CREATE INDEX merges_by_import ON leads.merges (tenant_id, other_import_id, other_id) WHERE other_import_id IS NOT NULL;
SELECT platform.tenant_table('leads.merges', 'cauce_leads');
