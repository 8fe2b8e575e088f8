SELECT platform.viewer_of('cauce_billing');

-- Whose each customer is, as customers told it: what was offered to a customer is seen with them. Customers are another
-- module's, so there is no foreign key.
CREATE TABLE billing.customer_owners (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    owner_id uuid,
    -- The customer's when it was last told.
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, customer_id)
);
CREATE INDEX customer_owners_by_owner ON billing.customer_owners (tenant_id, owner_id, customer_id);
SELECT platform.tenant_table('billing.customer_owners', 'cauce_billing');
SELECT platform.seen_by_owner('billing.customer_owners', 'owner_id');

SELECT platform.seen_with('billing.quotations', 'billing.customer_owners', 'customer_id', 'customer_id');
SELECT platform.seen_with('billing.quotation_lines', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.quotation_versions', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.quotation_approvals', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.quotation_answers', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.quotation_links', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.reservations', 'billing.quotations', 'quotation_id');
SELECT platform.seen_with('billing.invoices', 'billing.customer_owners', 'customer_id', 'customer_id');
SELECT platform.seen_with('billing.credit_notes', 'billing.customer_owners', 'customer_id', 'customer_id');
SELECT platform.seen_with('billing.checkouts', 'billing.invoices', 'invoice_id');
SELECT platform.seen_with('billing.payments', 'billing.customer_owners', 'customer_id', 'customer_id');
SELECT platform.seen_with('billing.allocations', 'billing.payments', 'payment_id');
SELECT platform.seen_with('billing.refunds', 'billing.payments', 'payment_id');
SELECT platform.seen_with('billing.subscriptions', 'billing.customer_owners', 'customer_id', 'customer_id');
SELECT platform.seen_with('billing.subscription_periods', 'billing.subscriptions', 'subscription_id');
SELECT platform.seen_file('billing.exports');
SELECT platform.seen_with('billing.export_pieces', 'billing.exports', 'export_id');

-- Of what came and went, sales are seen with their quotation; the rest is the warehouse's.
SELECT platform.seen_with_any('billing.movements', '{billing.quotations}', '{quotation_id}');
SELECT platform.seen_with_any('billing.documents', '{billing.quotations,billing.invoices,billing.credit_notes}',
                              '{quotation_id,invoice_id,credit_note_id}');

SELECT platform.seen_by_maker('billing.imports', 'user_id');
SELECT platform.seen_with('billing.import_chunks', 'billing.imports', 'import_id');
SELECT platform.seen_with('billing.import_reasons', 'billing.imports', 'import_id');
SELECT platform.seen_with('billing.import_refused', 'billing.imports', 'import_id');
SELECT platform.seen_with('billing.import_changes', 'billing.imports', 'import_id');
SELECT platform.seen_by_maker('billing.import_uploads', 'user_id');
SELECT platform.seen_with('billing.import_upload_pieces', 'billing.import_uploads', 'upload_id');
