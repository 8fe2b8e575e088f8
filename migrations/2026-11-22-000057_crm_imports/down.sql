DROP FUNCTION crm.tenants_with_uploads_before(timestamptz);
DROP FUNCTION crm.imports_to_undo();
DROP FUNCTION crm.imports_to_run(timestamptz);
DROP TABLE crm.import_upload_pieces, crm.import_uploads, crm.import_mappings, crm.import_changes, crm.import_refused,
    crm.import_reasons, crm.import_chunks, crm.imports;
DROP INDEX crm.customers_by_import;
DROP INDEX crm.customers_by_email;
ALTER TABLE crm.customers DROP COLUMN email_key, DROP COLUMN import_id;
