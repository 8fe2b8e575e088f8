-- The last number of each series. Its row is locked while a document gets its number, and goes back with it when that
-- fails, so that numbers have no gaps.
CREATE TABLE billing.number_series (
    tenant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    series text NOT NULL,
    last_number bigint NOT NULL CHECK (last_number > 0),
    PRIMARY KEY (tenant_id, kind, series)
);
SELECT platform.tenant_table('billing.number_series', 'cauce_billing');

CREATE TABLE billing.invoices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    -- Customers, quotations' customers and contracts are another module's, so there is no foreign key.
    customer_id uuid NOT NULL,
    -- Who the customer was when it was issued.
    bill_to jsonb,
    -- What it came from; a quotation becomes one invoice.
    quotation_id uuid,
    contract_id uuid,
    subscription_id uuid,
    status text NOT NULL CHECK (status IN ('draft', 'issued', 'paid', 'void')),
    series text NOT NULL,
    number bigint,
    currency text NOT NULL,
    -- {"lines", "discount", "notes"}: what was asked for.
    content jsonb NOT NULL,
    -- What it comes to: sums, taxes and lines.
    totals jsonb NOT NULL,
    -- Before taxes, and what is to be paid, in minor units; what was paid and what credit notes took off.
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    paid_minor bigint NOT NULL CHECK (paid_minor >= 0),
    credited_minor bigint NOT NULL CHECK (credited_minor >= 0),
    payment_terms_days integer NOT NULL CHECK (payment_terms_days BETWEEN 0 AND 365),
    issued_at timestamptz,
    due_on date,
    -- When the customer is to be reminded next, and how often they were.
    next_reminder_at timestamptz,
    reminders integer NOT NULL CHECK (reminders >= 0),
    paid_at timestamptz,
    voided_at timestamptz,
    void_reason text,
    -- The place of the stamping by a PAC, which there is not yet.
    fiscal_status text NOT NULL CHECK (fiscal_status IN ('not_stamped', 'stamped', 'cancelled')),
    fiscal_uuid uuid,
    fiscal_xml_key text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT invoices_number UNIQUE (tenant_id, series, number),
    CONSTRAINT invoices_quotation UNIQUE (tenant_id, quotation_id),
    CHECK ((status = 'draft') = (number IS NULL)),
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK ((number IS NULL) = (due_on IS NULL)),
    CHECK ((number IS NULL) = (bill_to IS NULL)),
    CHECK (status IN ('issued', 'paid') OR paid_minor + credited_minor = 0),
    CONSTRAINT invoices_not_overpaid CHECK (paid_minor + credited_minor <= total_minor),
    CHECK (status <> 'paid' OR paid_minor + credited_minor = total_minor),
    CHECK (status <> 'issued' OR paid_minor + credited_minor < total_minor),
    CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
    CHECK ((status = 'void') = (voided_at IS NOT NULL)),
    CHECK (next_reminder_at IS NULL OR status = 'issued'),
    CHECK ((fiscal_status = 'not_stamped') = (fiscal_uuid IS NULL))
);
CREATE INDEX invoices_by_creation ON billing.invoices (tenant_id, created_at, id);
CREATE INDEX invoices_by_customer ON billing.invoices (tenant_id, customer_id, created_at, id);
CREATE INDEX invoices_by_due ON billing.invoices (tenant_id, due_on, id) WHERE due_on IS NOT NULL;
CREATE INDEX invoices_by_status ON billing.invoices (tenant_id, status, created_at, id);
CREATE INDEX invoices_by_subscription ON billing.invoices (tenant_id, subscription_id) WHERE subscription_id IS NOT NULL;
CREATE INDEX invoices_by_reminder ON billing.invoices (next_reminder_at, tenant_id, id) WHERE next_reminder_at IS NOT NULL;
SELECT platform.tenant_table('billing.invoices', 'cauce_billing');

CREATE TABLE billing.credit_notes (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    bill_to jsonb NOT NULL,
    series text NOT NULL,
    number bigint NOT NULL,
    currency text NOT NULL,
    content jsonb NOT NULL,
    totals jsonb NOT NULL,
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor > 0),
    reason text NOT NULL,
    fiscal_status text NOT NULL CHECK (fiscal_status IN ('not_stamped', 'stamped', 'cancelled')),
    fiscal_uuid uuid,
    fiscal_xml_key text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_notes_number UNIQUE (tenant_id, series, number),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK ((fiscal_status = 'not_stamped') = (fiscal_uuid IS NULL))
);
CREATE INDEX credit_notes_by_creation ON billing.credit_notes (tenant_id, created_at, id);
CREATE INDEX credit_notes_by_invoice ON billing.credit_notes (tenant_id, invoice_id, id);
CREATE INDEX credit_notes_by_customer ON billing.credit_notes (tenant_id, customer_id, created_at, id);
SELECT platform.tenant_table('billing.credit_notes', 'cauce_billing');

-- What was issued stays as it is, whoever writes: only the columns that the trigger names change, and nothing is deleted.
CREATE FUNCTION billing.keep_issued() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_jsonb(OLD) ->> 'status' = 'draft' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - TG_ARGV <> to_jsonb(OLD) - TG_ARGV
        OR to_jsonb(NEW) ->> 'status' = 'draft'
        OR to_jsonb(OLD) ->> 'status' = 'void' AND to_jsonb(NEW) ->> 'status' <> 'void' THEN
        RAISE EXCEPTION 'an issued document does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_documents';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_issued BEFORE UPDATE OR DELETE ON billing.invoices FOR EACH ROW EXECUTE FUNCTION billing.keep_issued(
    'version', 'status', 'paid_minor', 'credited_minor', 'next_reminder_at', 'reminders', 'paid_at', 'voided_at',
    'void_reason', 'fiscal_status', 'fiscal_uuid', 'fiscal_xml_key', 'updated_at');
CREATE TRIGGER keep_issued BEFORE UPDATE OR DELETE ON billing.credit_notes FOR EACH ROW EXECUTE FUNCTION
    billing.keep_issued('fiscal_status', 'fiscal_uuid', 'fiscal_xml_key');

-- Up to AT_MOST invoices whose customers are to be reminded at MOMENT. Identifiers only.
CREATE FUNCTION billing.invoices_to_remind(moment timestamptz, at_most bigint) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.tenant_id, i.id FROM billing.invoices i WHERE i.next_reminder_at <= moment
    ORDER BY i.next_reminder_at LIMIT at_most
$$;
CREATE POLICY lookup ON billing.invoices AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, next_reminder_at) ON billing.invoices TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.invoices_to_remind(timestamptz, bigint) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.invoices_to_remind(timestamptz, bigint) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.invoices_to_remind(timestamptz, bigint) TO cauce_billing;
