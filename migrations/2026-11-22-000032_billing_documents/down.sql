ALTER TABLE billing.quotation_answers DROP COLUMN file_hash;
DROP FUNCTION billing.documents_to_make(timestamptz, integer);
DROP TABLE billing.documents;
DROP FUNCTION billing.guard_document();
