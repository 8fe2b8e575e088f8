-- The plans of the statements of lists by custom fields at 1,000,000 leads in 200 tenants, as a module's role under row-level security:
--   cauce migrate, then psql -f tests/bench/custom_fields.sql as the owner of an empty database.
\set ON_ERROR_STOP on
\timing off
CREATE TEMP TABLE t AS SELECT n, ('0199f3a2-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id FROM generate_series(1, 200) n;
INSERT INTO leads.leads (tenant_id, id, version, company_name, email, status, score, source, tags, custom_fields, search_text,
    created_at, updated_at)
SELECT t.id, ('0199f3a2-' || lpad(to_hex(t.n), 4, '0') || '-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 1, 'Sastrería ' || i,
    'a' || i || '@example.com', 'new', 50, 'web', ARRAY['istmo'],
    jsonb_build_object('giro', 'giro ' || i % 50, 'piezas', i % 1000, 'visita', date '2026-01-01' + i % 365),
    'sastreria ' || i, now() - i * interval '1 minute', now()
FROM t, generate_series(1, 5000) i;
INSERT INTO leads.fields (tenant_id, id, version, key, label, kind, choices, is_required, is_unique, position, passes_left, created_at, updated_at)
SELECT t.id, ('0199f3a2-0000-7000-8000-0000000000f' || k.n)::uuid, 1, k.key, k.key, k.kind, '{}', false, false, k.n, 0, now(), now()
FROM t, (VALUES (1, 'giro', 'text'), (2, 'piezas', 'number'), (3, 'visita', 'date')) k (n, key, kind);
INSERT INTO leads.field_values (tenant_id, record_id, field_id, number, text_value, number_value)
SELECT l.tenant_id, l.id, ('0199f3a2-0000-7000-8000-0000000000f' || k.n)::uuid, 0,
    CASE k.n WHEN 1 THEN l.custom_fields ->> 'giro' END,
    CASE k.n WHEN 2 THEN (l.custom_fields ->> 'piezas')::float8 WHEN 3 THEN (l.custom_fields ->> 'visita')::date - date '1970-01-01' END
FROM leads.leads l, generate_series(1, 3) k (n);
VACUUM ANALYZE leads.leads;
VACUUM ANALYZE leads.field_values;
SELECT (SELECT count(*) FROM leads.leads) AS leads, (SELECT count(*) FROM leads.field_values) AS field_values;

BEGIN;
SET LOCAL ROLE cauce_leads;
SET LOCAL app.tenant_id = '0199f3a2-0000-7000-8000-000000000064';
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL jit = off;
PREPARE by_text (uuid, uuid, text, bigint) AS SELECT * FROM leads.leads WHERE tenant_id = $1 AND id = ANY (SELECT record_id
    FROM leads.field_values WHERE tenant_id = $1 AND field_id = $2 AND text_value = $3) ORDER BY created_at DESC, id DESC LIMIT $4;
PREPARE by_range (uuid, uuid, float8, float8, bigint) AS SELECT * FROM leads.leads WHERE tenant_id = $1
    AND (id = ANY (SELECT record_id FROM leads.field_values WHERE tenant_id = $1 AND field_id = $2 AND number_value >= $3
        AND number_value < $4) OR FALSE)
    ORDER BY created_at DESC, id DESC LIMIT $5;
PREPARE by_narrow_range (uuid, uuid, float8, float8, bigint) AS SELECT * FROM leads.leads WHERE tenant_id = $1
    AND id = ANY (SELECT record_id FROM leads.field_values WHERE tenant_id = $1 AND field_id = $2 AND number_value >= $3
        AND number_value < $4) ORDER BY created_at DESC, id DESC LIMIT $5;
-- Asked first: whether more than a thousand leads meet a condition.
PREPARE is_broad (uuid, uuid, float8, float8) AS SELECT record_id FROM leads.field_values WHERE tenant_id = $1 AND field_id = $2
    AND number_value >= $3 AND number_value < $4 LIMIT 1 OFFSET 1000;
PREPARE by_order (uuid, uuid, bigint) AS SELECT record_id FROM leads.field_values WHERE tenant_id = $1 AND field_id = $2
    AND number_value IS NOT NULL ORDER BY number_value DESC, record_id DESC LIMIT $3;
PREPARE by_order_and_filter (uuid, uuid, text, bigint) AS SELECT record_id FROM leads.field_values WHERE tenant_id = $1
    AND field_id = $2 AND record_id = ANY (SELECT id FROM leads.leads WHERE tenant_id = $1 AND status = $3)
    AND number_value IS NOT NULL ORDER BY number_value, record_id LIMIT $4;
PREPARE without_index (uuid, jsonb, bigint) AS SELECT * FROM leads.leads WHERE tenant_id = $1 AND custom_fields @> $2
    ORDER BY created_at DESC, id DESC LIMIT $3;
\echo text equal (100 of 5,000 leads match)
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_text ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f1', 'giro 7', 21);
\echo number from 100 to 900 (4,000 of 5,000 leads match)
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_range ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 100, 900, 21);
\echo whether a range is broad
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE is_broad ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 100, 900);
\echo number from 100 to 300 (1,000 of 5,000 leads match, the most that are looked up one by one)
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_narrow_range ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 100, 300, 21);
\echo number in a range where nothing is
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_narrow_range ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 5000, 6000, 21);
\echo in the order of a number
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_order ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 21);
\echo in the order of a number, among new leads
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE by_order_and_filter ('0199f3a2-0000-7000-8000-000000000064', '0199f3a2-0000-7000-8000-0000000000f2', 'new', 21);
\echo for comparison: jsonb containment
EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) EXECUTE without_index ('0199f3a2-0000-7000-8000-000000000064', '{"giro": "giro 7"}', 21);
ROLLBACK;
