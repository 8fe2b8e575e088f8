-- What is sold: goods, services, bundles of them, and lots of land.
CREATE TABLE billing.products (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    -- It never changes: bundles, stock and lots are built on it.
    kind text NOT NULL CHECK (kind IN ('good', 'service', 'bundle', 'lot')),
    sku text NOT NULL,
    -- The SKU as it is compared: without accents and capitals.
    sku_key text NOT NULL,
    name text NOT NULL,
    description text,
    -- SAT c_ClaveProdServ and c_ClaveUnidad.
    sat_product_key text CHECK (sat_product_key ~ '^[0-9]{8}$'),
    unit_code text,
    -- [{"tax", "kind", "factor", "rate"}]: what a line with it is taxed by, when the line says nothing.
    taxes jsonb NOT NULL CHECK (jsonb_typeof(taxes) = 'array'),
    images text[] NOT NULL,
    -- Whether it is sold from stock, and whether more of it than there is.
    tracks_stock boolean NOT NULL,
    allows_backorder boolean NOT NULL,
    archived_at timestamptz,
    -- SKU and name without accents and capitals.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT products_sku UNIQUE (tenant_id, sku_key),
    -- What other tables copy, so that rules on it are rules of their rows.
    UNIQUE (tenant_id, id, kind),
    UNIQUE (tenant_id, id, allows_backorder),
    CHECK (kind = 'good' OR NOT tracks_stock),
    CHECK (tracks_stock OR NOT allows_backorder)
);
CREATE INDEX products_by_creation ON billing.products (tenant_id, created_at, id);
CREATE INDEX products_by_name ON billing.products (tenant_id, name, id);
CREATE INDEX products_by_kind ON billing.products (tenant_id, kind, created_at, id);
CREATE INDEX products_by_text ON billing.products USING gin (tenant_id, search_text gin_trgm_ops);
SELECT platform.tenant_table('billing.products', 'cauce_billing');

-- What a bundle holds. A component is a good or a service, so that no bundle can hold itself.
CREATE TABLE billing.bundle_components (
    tenant_id uuid NOT NULL,
    bundle_id uuid NOT NULL,
    product_id uuid NOT NULL,
    bundle_kind text NOT NULL DEFAULT 'bundle' CHECK (bundle_kind = 'bundle'),
    product_kind text NOT NULL CHECK (product_kind IN ('good', 'service')),
    -- In millionths.
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant_id, bundle_id, product_id),
    FOREIGN KEY (tenant_id, bundle_id, bundle_kind) REFERENCES billing.products (tenant_id, id, kind),
    FOREIGN KEY (tenant_id, product_id, product_kind) REFERENCES billing.products (tenant_id, id, kind)
);
SELECT platform.tenant_table('billing.bundle_components', 'cauce_billing');

-- Prices of one currency, for a time.
CREATE TABLE billing.price_lists (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    -- From (included) and until (excluded); null for ever.
    valid_from timestamptz,
    valid_until timestamptz,
    archived_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK (valid_from < valid_until)
);
CREATE INDEX price_lists_by_currency ON billing.price_lists (tenant_id, currency, id);
SELECT platform.tenant_table('billing.price_lists', 'cauce_billing');

CREATE TABLE billing.prices (
    tenant_id uuid NOT NULL,
    price_list_id uuid NOT NULL,
    product_id uuid NOT NULL,
    -- In millionths of the list's currency.
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, price_list_id, product_id),
    FOREIGN KEY (tenant_id, price_list_id) REFERENCES billing.price_lists (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES billing.products (tenant_id, id)
);
CREATE INDEX prices_by_product ON billing.prices (tenant_id, product_id);
SELECT platform.tenant_table('billing.prices', 'cauce_billing');

-- LIKE is not leakproof, so under row-level security it could not use an index. This function reads the tenant itself and
-- answers identifiers only.
CREATE FUNCTION billing.find_products(patterns text[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := current_setting('app.tenant_id')::uuid;
BEGIN
    RETURN QUERY SELECT p.id FROM billing.products p WHERE p.tenant_id = tenant AND p.search_text LIKE ANY (patterns);
END
$$;
CREATE POLICY lookup ON billing.products AS PERMISSIVE FOR SELECT TO cauce_lookup USING (true);
GRANT SELECT (tenant_id, id, search_text) ON billing.products TO cauce_lookup;
REVOKE ALL ON FUNCTION billing.find_products(text[]) FROM PUBLIC;
GRANT CREATE ON SCHEMA billing TO cauce_lookup;
ALTER FUNCTION billing.find_products(text[]) OWNER TO cauce_lookup;
REVOKE CREATE ON SCHEMA billing FROM cauce_lookup;
GRANT EXECUTE ON FUNCTION billing.find_products(text[]) TO cauce_billing;
