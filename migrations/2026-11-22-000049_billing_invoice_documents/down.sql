-- What was made can be made again.
ALTER TABLE billing.documents NO FORCE ROW LEVEL SECURITY;
DELETE FROM billing.documents WHERE quotation_id IS NULL;
ALTER TABLE billing.documents FORCE ROW LEVEL SECURITY;
ALTER TABLE billing.documents
    ALTER COLUMN quotation_id SET NOT NULL,
    DROP COLUMN invoice_id,
    DROP COLUMN credit_note_id,
    DROP CONSTRAINT documents_stage_of,
    DROP CONSTRAINT documents_stage_check,
    ADD CONSTRAINT documents_stage_check CHECK (stage IN ('draft', 'sent'));
