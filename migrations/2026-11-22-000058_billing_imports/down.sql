DROP FUNCTION billing.tenants_with_uploads_before(timestamptz);
DROP FUNCTION billing.imports_to_undo();
DROP FUNCTION billing.imports_to_run(timestamptz);
DROP TABLE billing.import_upload_pieces, billing.import_uploads, billing.import_mappings, billing.import_changes, billing.import_refused,
    billing.import_reasons, billing.import_chunks, billing.imports;
DROP INDEX billing.products_by_import;
ALTER TABLE billing.products DROP COLUMN import_id;
