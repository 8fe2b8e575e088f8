-- The last folio that was given to a quotation.
CREATE TABLE billing.quotation_folios (
    tenant_id uuid NOT NULL PRIMARY KEY,
    last bigint NOT NULL CHECK (last > 0)
);
SELECT platform.tenant_table('billing.quotation_folios', 'cauce_billing');

-- What a company's sellers may offer without asking: {"SALES": "10"} percent by role, and amounts by currency.
CREATE TABLE billing.quotation_rules (
    tenant_id uuid NOT NULL PRIMARY KEY,
    version integer NOT NULL,
    discount_limits jsonb NOT NULL CHECK (jsonb_typeof(discount_limits) = 'object'),
    amount_limits jsonb NOT NULL CHECK (jsonb_typeof(amount_limits) = 'array'),
    updated_at timestamptz NOT NULL
);
SELECT platform.tenant_table('billing.quotation_rules', 'cauce_billing');

CREATE TABLE billing.quotations (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    folio bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('DRAFT', 'PENDING', 'SOLD', 'CANCELLED', 'EXPIRED')),
    customer_id uuid NOT NULL,
    -- As it was called when the quotation was made.
    customer_name text NOT NULL,
    currency text NOT NULL,
    title text,
    notes text,
    terms text,
    -- Of the whole: {"percent": "10"} or {"amount": {…}}.
    discount jsonb,
    price_list_id uuid,
    warehouse_id uuid,
    valid_until timestamptz NOT NULL,
    owner_id uuid,
    -- The number of the version of the document that is in force.
    revision integer NOT NULL,
    line_count integer NOT NULL,
    subtotal_minor bigint NOT NULL CHECK (subtotal_minor >= 0),
    discount_minor bigint NOT NULL CHECK (discount_minor >= 0),
    transferred_minor bigint NOT NULL CHECK (transferred_minor >= 0),
    withheld_minor bigint NOT NULL CHECK (withheld_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    -- The most that is taken off any line, in millionths of a percent of what the list says.
    highest_discount bigint NOT NULL CHECK (highest_discount BETWEEN 0 AND 100000000),
    approval text NOT NULL CHECK (approval IN ('none', 'requested', 'approved', 'rejected')),
    cancel_reason text,
    sent_at timestamptz,
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, folio),
    FOREIGN KEY (tenant_id, price_list_id) REFERENCES billing.price_lists (tenant_id, id),
    FOREIGN KEY (tenant_id, warehouse_id) REFERENCES billing.warehouses (tenant_id, id),
    CHECK (total_minor = subtotal_minor - discount_minor + transferred_minor - withheld_minor),
    CHECK ((status IN ('DRAFT', 'PENDING')) = (closed_at IS NULL)),
    CHECK (status NOT IN ('PENDING', 'SOLD') OR (sent_at IS NOT NULL AND line_count > 0))
);
CREATE INDEX quotations_by_status ON billing.quotations (tenant_id, status, id);
CREATE INDEX quotations_by_customer ON billing.quotations (tenant_id, customer_id, id);
CREATE INDEX quotations_by_owner ON billing.quotations (tenant_id, owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX quotations_due ON billing.quotations (valid_until, tenant_id) WHERE status = 'PENDING';
SELECT platform.tenant_table('billing.quotations', 'cauce_billing');

-- The ways that there are, and what was sent stays as it was sent.
CREATE FUNCTION billing.guard_quotation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('DRAFT', 'PENDING'), ('DRAFT', 'CANCELLED'), ('PENDING', 'SOLD'), ('PENDING', 'CANCELLED'), ('PENDING', 'EXPIRED')
    ) THEN
        RAISE EXCEPTION 'a quotation that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotations_ways';
    END IF;
    IF OLD.status <> 'DRAFT' AND (
        NEW.folio, NEW.customer_id, NEW.currency, NEW.title, NEW.notes, NEW.terms, NEW.discount, NEW.valid_until,
        NEW.revision, NEW.subtotal_minor, NEW.discount_minor, NEW.transferred_minor, NEW.withheld_minor, NEW.total_minor
    ) IS DISTINCT FROM (
        OLD.folio, OLD.customer_id, OLD.currency, OLD.title, OLD.notes, OLD.terms, OLD.discount, OLD.valid_until,
        OLD.revision, OLD.subtotal_minor, OLD.discount_minor, OLD.transferred_minor, OLD.withheld_minor, OLD.total_minor
    ) THEN
        RAISE EXCEPTION 'a quotation that was sent stays as it was sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotations_frozen';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guarded BEFORE UPDATE ON billing.quotations
    FOR EACH ROW EXECUTE FUNCTION billing.guard_quotation();

CREATE TABLE billing.quotation_lines (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    product_id uuid,
    description text NOT NULL,
    -- In millionths, as are prices and sums.
    quantity bigint NOT NULL CHECK (quantity > 0),
    unit_code text,
    sat_product_key text,
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    -- What the price list said; none for what is in no list.
    list_price bigint CHECK (list_price >= 0),
    discount jsonb,
    taxes jsonb NOT NULL CHECK (jsonb_typeof(taxes) = 'array'),
    -- Quantity × unit price; and what is taken off, with its share of the whole's discount.
    amount bigint NOT NULL CHECK (amount >= 0),
    taken_off bigint NOT NULL CHECK (taken_off BETWEEN 0 AND amount),
    PRIMARY KEY (tenant_id, quotation_id, position),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES billing.products (tenant_id, id)
);
SELECT platform.tenant_table('billing.quotation_lines', 'cauce_billing');

-- Lines change in a draft only: what was sent, and above all what was sold, keeps its prices.
CREATE FUNCTION billing.guard_quotation_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line billing.quotation_lines := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    stands text;
BEGIN
    -- Locked, so that nobody sends it meanwhile.
    SELECT q.status INTO stands FROM billing.quotations q
    WHERE q.tenant_id = line.tenant_id AND q.id = line.quotation_id FOR SHARE;
    IF stands <> 'DRAFT' THEN
        RAISE EXCEPTION 'the lines of a quotation change while it is a draft'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotation_lines_frozen';
    END IF;
    RETURN line;
END
$$;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON billing.quotation_lines
    FOR EACH ROW EXECUTE FUNCTION billing.guard_quotation_lines();

-- Every version of the document; none of them changes.
CREATE TABLE billing.quotation_versions (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    content jsonb NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quotation_id, number),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id)
);
SELECT platform.tenant_table('billing.quotation_versions', 'cauce_billing');
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON billing.quotation_versions
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- Whether somebody may offer what a rule does not let them.
CREATE TABLE billing.quotation_approvals (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'approved', 'rejected', 'withdrawn')),
    -- Which rules: 'discount', 'amount'.
    reasons text[] NOT NULL,
    note text,
    requested_by uuid,
    requested_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_note text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id),
    CHECK ((status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)),
    CONSTRAINT quotation_approvals_by_another CHECK (decided_by <> requested_by)
);
CREATE UNIQUE INDEX quotation_approvals_open ON billing.quotation_approvals (tenant_id, quotation_id)
    WHERE status = 'requested';
CREATE INDEX quotation_approvals_by_quotation ON billing.quotation_approvals (tenant_id, quotation_id, id);
SELECT platform.tenant_table('billing.quotation_approvals', 'cauce_billing');

-- What the customer answered, once, with what proves it.
CREATE TABLE billing.quotation_answers (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    answer text NOT NULL CHECK (answer IN ('accepted', 'rejected')),
    revision integer NOT NULL,
    -- SHA-256 of the document that was answered.
    document_hash bytea NOT NULL CHECK (octet_length(document_hash) = 32),
    name text,
    reason text,
    address text,
    user_agent text,
    -- Whoever of the company noted it for the customer; none when the customer did it by the link.
    noted_by uuid,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quotation_id),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id)
);
SELECT platform.tenant_table('billing.quotation_answers', 'cauce_billing');
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON billing.quotation_answers
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- The link by which a customer sees a quotation: found by its hash, and sealed to be told again.
CREATE TABLE billing.quotation_links (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    token_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quotation_id),
    FOREIGN KEY (tenant_id, quotation_id) REFERENCES billing.quotations (tenant_id, id)
);
CREATE INDEX quotation_links_by_token ON billing.quotation_links (token_hash);
SELECT platform.tenant_table('billing.quotation_links', 'cauce_billing');

-- Whoever has the link is nobody's user: its hash tells whose quotation it is. Identifiers only.
CREATE FUNCTION billing.find_quotation(wanted bytea) RETURNS TABLE (tenant_id uuid, quotation_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.tenant_id, l.quotation_id FROM billing.quotation_links l WHERE l.token_hash = wanted
$$;
-- Tenants with quotations that were good until MOMENT or before; the caller ends them as that tenant.
CREATE FUNCTION billing.tenants_with_quotations_due(moment timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT q.tenant_id FROM billing.quotations q
    WHERE q.status = 'PENDING' AND q.valid_until <= moment LIMIT 100
$$;
CREATE POLICY lookup ON billing.quotation_links AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
CREATE POLICY lookup ON billing.quotations AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, quotation_id, token_hash) ON billing.quotation_links TO cauce_lookup;
GRANT SELECT (tenant_id, status, valid_until) ON billing.quotations TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.find_quotation(bytea), billing.tenants_with_quotations_due(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.find_quotation(bytea) OWNER TO cauce_lookup;
ALTER FUNCTION billing.tenants_with_quotations_due(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.find_quotation(bytea), billing.tenants_with_quotations_due(timestamptz) TO cauce_billing;
