-- Issued invoices and credit notes become files as quotations do, each once for a language.
ALTER TABLE billing.documents
    ALTER COLUMN quotation_id DROP NOT NULL,
    ADD COLUMN invoice_id uuid,
    ADD COLUMN credit_note_id uuid,
    DROP CONSTRAINT documents_stage_check,
    ADD CONSTRAINT documents_stage_check CHECK (stage IN ('draft', 'sent', 'issued', 'void')),
    ADD CONSTRAINT documents_of_one CHECK (num_nonnulls(quotation_id, invoice_id, credit_note_id) = 1),
    ADD CONSTRAINT documents_stage_of CHECK ((quotation_id IS NOT NULL) = (stage IN ('draft', 'sent'))),
    ADD CONSTRAINT documents_of_invoice UNIQUE (tenant_id, invoice_id, stage, language),
    ADD CONSTRAINT documents_of_credit_note UNIQUE (tenant_id, credit_note_id, stage, language),
    ADD FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    ADD FOREIGN KEY (tenant_id, credit_note_id) REFERENCES billing.credit_notes (tenant_id, id);
