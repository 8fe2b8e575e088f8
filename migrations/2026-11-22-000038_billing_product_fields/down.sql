DROP FUNCTION billing.exports_to_run(uuid, timestamptz);
DROP TABLE billing.export_pieces;
DROP TABLE billing.exports;
DROP FUNCTION billing.tenants_with_products();
DROP TABLE billing.field_values;
DROP TABLE billing.fields;
ALTER TABLE billing.products DROP COLUMN custom_fields;
