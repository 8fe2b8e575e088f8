CREATE TABLE billing.warehouses (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    archived_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
SELECT platform.tenant_table('billing.warehouses', 'cauce_billing');

-- How much of a product is in a warehouse, in millionths.
CREATE TABLE billing.stock (
    tenant_id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    product_id uuid NOT NULL,
    on_hand bigint NOT NULL,
    -- Promised to quotations that were sent.
    reserved bigint NOT NULL CHECK (reserved >= 0),
    -- The product's own, which the foreign key keeps the same.
    allows_backorder boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, warehouse_id, product_id),
    FOREIGN KEY (tenant_id, warehouse_id) REFERENCES billing.warehouses (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id, allows_backorder)
        REFERENCES billing.products (tenant_id, id, allows_backorder) ON UPDATE CASCADE,
    CONSTRAINT stock_never_negative CHECK (allows_backorder OR on_hand >= reserved)
);
CREATE INDEX stock_by_product ON billing.stock (tenant_id, product_id, warehouse_id);
SELECT platform.tenant_table('billing.stock', 'cauce_billing');

-- What came and went. Nothing of it ever changes.
CREATE TABLE billing.movements (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    product_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('receipt', 'issue', 'count', 'sale')),
    -- What came, or below zero what went; and what there was afterwards.
    quantity bigint NOT NULL,
    balance bigint NOT NULL,
    note text,
    quotation_id uuid,
    user_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, warehouse_id, product_id) REFERENCES billing.stock (tenant_id, warehouse_id, product_id),
    CHECK ((kind = 'sale') = (quotation_id IS NOT NULL))
);
-- A quotation takes a product out of a warehouse once, whatever happens.
CREATE UNIQUE INDEX movements_sold_once ON billing.movements (tenant_id, quotation_id, warehouse_id, product_id)
    WHERE quotation_id IS NOT NULL;
CREATE INDEX movements_by_warehouse ON billing.movements (tenant_id, warehouse_id, id);
CREATE INDEX movements_by_product ON billing.movements (tenant_id, product_id, id);
SELECT platform.tenant_table('billing.movements', 'cauce_billing');

-- Refuses changes of tables that are only added to.
CREATE FUNCTION billing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_only_added_to';
END
$$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON billing.movements
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_change();

-- What is promised to a quotation, in millionths; `stock.reserved` is the sum.
CREATE TABLE billing.reservations (
    tenant_id uuid NOT NULL,
    quotation_id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quotation_id, warehouse_id, product_id),
    FOREIGN KEY (tenant_id, warehouse_id, product_id) REFERENCES billing.stock (tenant_id, warehouse_id, product_id)
);
SELECT platform.tenant_table('billing.reservations', 'cauce_billing');

-- Pieces of land: the product's place on the map, and whether it can be had.
CREATE TABLE billing.lots (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL DEFAULT 'lot' CHECK (kind = 'lot'),
    number text NOT NULL,
    -- A GeoJSON polygon (RFC 7946).
    polygon jsonb NOT NULL,
    -- In millionths of a square metre.
    area bigint NOT NULL CHECK (area > 0),
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency text NOT NULL,
    down_payment_minor bigint NOT NULL CHECK (down_payment_minor BETWEEN 0 AND price_minor),
    -- What is left is paid in so many parts; none when all is paid at once.
    instalments integer NOT NULL CHECK (instalments BETWEEN 0 AND 600),
    status text NOT NULL CHECK (status IN ('available', 'reserved', 'sold')),
    -- For whom it is kept, and until when.
    customer_id uuid,
    quotation_id uuid,
    reserved_until timestamptz,
    sold_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id, kind) REFERENCES billing.products (tenant_id, id, kind),
    CHECK (instalments > 0 OR down_payment_minor = price_minor),
    CHECK ((status = 'reserved') = (reserved_until IS NOT NULL)),
    CHECK ((status = 'sold') = (sold_at IS NOT NULL)),
    CHECK (status <> 'available' OR (customer_id IS NULL AND quotation_id IS NULL)),
    CONSTRAINT lots_sold_to_somebody CHECK (status <> 'sold' OR quotation_id IS NOT NULL)
);
CREATE INDEX lots_by_status ON billing.lots (tenant_id, status, id);
CREATE INDEX lots_reserved ON billing.lots (reserved_until, tenant_id) WHERE reserved_until IS NOT NULL;
SELECT platform.tenant_table('billing.lots', 'cauce_billing');

-- Tenants with lots that were kept until MOMENT or before; the caller releases them as that tenant.
CREATE FUNCTION billing.tenants_with_lots_due(moment timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT l.tenant_id FROM billing.lots l WHERE l.reserved_until <= moment LIMIT 100
$$;
CREATE POLICY lookup ON billing.lots AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, reserved_until) ON billing.lots TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.tenants_with_lots_due(timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.tenants_with_lots_due(timestamptz) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.tenants_with_lots_due(timestamptz) TO cauce_billing;
